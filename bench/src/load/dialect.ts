/**
 * A dialect is how one server wants Yjs spoken on its socket. Everything else about a client (the socket, frames,
 * counting, timing) is shared, so a comparison differs in the wire and in nothing else.
 *
 * To add a wire: one file in `dialects/` with an object of this type, its line in `dialects/index.ts`, and a server in `servers/`
 * that speaks it.
 */

/** What a dialect may tell the client that reads with it. Byte ranges are only valid during the call. */
export interface DialectEvents {
  /** The server asks what it lacks; `stateVector` is what it has. */
  onServerStateVector(bytes: Buffer, start: number, end: number): void
  /** The answer to our state vector: a Yjs V1 update. After the first of these a stock client calls itself synced. */
  onSyncAnswer(bytes: Buffer, start: number, end: number): void
  /** A live Yjs V1 update; servers may have merged many of them into one. */
  onUpdate(bytes: Buffer, start: number, end: number): void
  /** The server says that everything up to our update number `counter` (the first is 1) is on disk. */
  onDurable(counter: number): void
  /** Sends a message: for wires whose opening takes more than one round. */
  reply(message: Uint8Array): void
}

/** One client's side of the wire to one document. */
export interface DialectClient {
  /** Messages to send as soon as the socket is open, `stateVector` saying what the client already holds. */
  opening(stateVector: Uint8Array): readonly Uint8Array[]
  /** The message that carries one V1 update, split around it so that updates need not be copied twice. */
  update(update: Uint8Array): Uint8Array
  /** The answer to the server's state vector, or undefined where nothing is said when nothing is missing. */
  answer(update: Uint8Array): Uint8Array | undefined
  /** Where silence ends a connection: how often to say something, and what. */
  readonly beatMs?: number
  beat?(): Uint8Array
  /** Reads one whole binary message. */
  read(events: DialectEvents, bytes: Buffer, start: number, end: number): void
}

export interface Dialect {
  readonly id: DialectId
  /** Whether `onDurable` is ever called. */
  readonly saysDurable: boolean
  /** Value of Sec-WebSocket-Protocol, where the server needs one. */
  readonly subprotocol: string | undefined
  /** Request path of the upgrade for a document. */
  path(document: string): string
  client(document: string): DialectClient
}

/** `native` is Tutti's own wire. */
export type DialectId = 'y-websocket' | 'hocuspocus' | 'native'
