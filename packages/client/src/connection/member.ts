import type { ClientMessage, DocName, ErrorCode, ServerMessage } from '@tutti/core'

/** What the server says about one document. */
export type ChannelMessage = Extract<ServerMessage, { channel: number }>

/** A document on a connection, as the connection sees it. */
export interface Member {
  readonly doc: DocName
  /** Larger goes first: when documents are opened, and when much is to be uploaded. */
  readonly priority: number
  /** The connection is there: ask for what is needed with `Seat.open`, now or later. */
  greeted(terms: Terms): void
  /** The connection is gone; channels are void. */
  parted(): void
  opened(answer: Extract<ServerMessage, { type: 'opened' }>): void
  openRefused(code: ErrorCode, message: string): void
  received(message: ChannelMessage): void
  /** The server's store refuses writes, or takes them again. */
  storeChanged(available: boolean, message: string): void
}

/** What the server said in its welcome. */
export interface Terms {
  readonly maxUpdateBytes: number
}

export type OpenRequest = Omit<Extract<ClientMessage, { type: 'open' }>, 'type' | 'request' | 'doc'>

/** A member's place on a connection. Sending while there is no connection does nothing. */
export interface Seat {
  open(request: OpenRequest): void
  send(message: ClientMessage): void
  /**
   * Asks for one of the few places for large uploads; `go` is called, perhaps at once, when it is this document's turn,
   * most important document first. The place is kept until `release`, or until the connection is gone.
   */
  requestUpload(go: () => void): void
  releaseUpload(): void
  /** Fetches a fresh token and hands it to the server, then calls back. False where there is none to fetch. */
  refreshToken(then: () => void): boolean
  /** The next counter of this connection's session for this document. */
  nextCounter(): number
  /** Ends the channel but keeps the place: what is still on its way for it is not heard. */
  closeChannel(): void
  /** Closes the document on this connection; the last one out ends the connection. */
  leave(): void
}
