/**
 * Version of the native wire. Raised with every change of a message that an older peer would misread.
 *
 * 1 · 2026-11 · the first.
 */
export const protocolVersion = 1

/** The oldest version still understood. */
export const oldestProtocolVersion = 1

/** What a client asks for in `Sec-WebSocket-Protocol` to speak the native dialect. */
export const subprotocol = 'tutti.1'
