import type { Millis } from '../base/time.ts'

/** Something is sent at least this often: stock clients hang up after 30 s of silence. */
export const beatMs: Millis = 20_000
/** A peer that has been silent for this long is gone. */
export const silenceMs: Millis = 60_000

/** What a server takes, each limit named for what it protects. */
export interface ProtocolLimits {
  /** One WebSocket message: a whole update and its head. */
  readonly maxMessageBytes: number
  /** What a connection may say before it is known. */
  readonly maxHelloBytes: number
  readonly helloTimeoutMs: number
  /** Documents open on one connection. */
  readonly maxChannels: number
  /** The presence of one client id: cursors and names, not content. */
  readonly maxAwarenessStateBytes: number
  /** Client ids one presence message may speak for. */
  readonly maxAwarenessEntries: number
  /** Client ids one connection may introduce in one document. */
  readonly maxClientsPerConnection: number
  /** Large catch-ups travel in pieces of this size, so that live edits of other documents pass between them. */
  readonly chunkBytes: number
}

export const protocolLimits: ProtocolLimits = {
  maxMessageBytes: 8 * 1024 * 1024 + 1024,
  maxHelloBytes: 16 * 1024,
  helloTimeoutMs: 10_000,
  maxChannels: 1_000,
  maxAwarenessStateBytes: 16 * 1024,
  maxAwarenessEntries: 256,
  maxClientsPerConnection: 16,
  chunkBytes: 256 * 1024,
}
