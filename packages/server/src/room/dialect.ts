import type { AwarenessEntry, Channel, ErrorCode } from '@tutti/core'

/**
 * How one kind of client is spoken to. Every function returns a whole WebSocket frame, which may be written to many
 * sockets, or null where the dialect has no such message.
 */
export interface Dialect {
  readonly name: 'native' | 'stock'
  push(channel: Channel, from: number, to: number, update: Uint8Array): Uint8Array
  /** A stretch of a catch-up that is too long for one message. */
  piece(channel: Channel, bytes: Uint8Array): Uint8Array | null
  awareness(channel: Channel, entries: readonly AwarenessEntry[]): Uint8Array
  ack(channel: Channel, counter: number, seq: number, through: number): Uint8Array | null
  received(channel: Channel, counter: number): Uint8Array | null
  refused(channel: Channel, counter: number, code: ErrorCode, message: string): Uint8Array | null
  /** The document is not open any more; where there is no such message, the connection ends. */
  closed(channel: Channel, code: ErrorCode, message: string): Uint8Array | null
  /** Asks the client for what a state vector lacks; native clients compare digests instead. */
  ask(stateVector: Uint8Array): Uint8Array | null
}
