import type { Permission } from '../access/permission.ts'
import type { ErrorCode } from '../base/error.ts'

// The native dialect: two unions with one tag. PROTOCOL.md describes every message in bytes.

/** What may be done through a channel. Who may do more than write is told that they may write. */
export type ChannelPermission = Exclude<Permission, 'admin'>

/** A document on one connection. The server chooses it, the same for every connection, so that frames can be shared. */
export type Channel = number

export type ClientMessage =
  /** First on every connection. */
  | { type: 'hello'; version: number; device: string; session: string; agent: string; token: string }
  /** A fresh token, any time later. */
  | { type: 'auth'; token: string }
  /**
   * Opens a document. `epoch` and `position` say what the client's copy holds of the log ("" and 0 for nothing);
   * `stateVector` serves where the position cannot. `client` is the Yjs client id it writes as.
   */
  | {
      type: 'open'
      request: number
      doc: string
      epoch: string
      position: number
      stateVector: Uint8Array
      client: number
    }
  | { type: 'close'; channel: Channel }
  /**
   * An edit. `counter` counts this session's edits of this document without gaps; `base` is the position its author had
   * seen. With `resync` it covers everything up to `counter` at once, and the server takes of it what it can.
   */
  | { type: 'update'; channel: Channel; counter: number; base: number; resync: boolean; bytes: Uint8Array }
  | { type: 'awareness'; channel: Channel; bytes: Uint8Array }
  /** Everything up to `position` has been applied here. */
  | { type: 'seen'; channel: Channel; position: number }
  /** Initial content, taken only if the document is empty. */
  | { type: 'seed'; channel: Channel; bytes: Uint8Array }
  /** Asks for everything the state vector lacks, because digests differ. */
  | { type: 'reconcile'; channel: Channel; stateVector: Uint8Array }
  | { type: 'beat' }

export type ServerMessage =
  | { type: 'welcome'; version: number; server: string; maxUpdateBytes: number; beatMs: number }
  | { type: 'opened'; request: number; channel: Channel; epoch: string; permission: ChannelPermission }
  | { type: 'open-refused'; request: number; code: ErrorCode; message: string }
  /**
   * What the client lacked, up to position `head`, follows in `total` bytes of `piece`s as one Yjs update (none for 0).
   * `stateVector` and `digest` are the server's own at `head`: whoever holds more answers with an update.
   */
  | { type: 'state'; channel: Channel; head: number; total: number; digest: string; stateVector: Uint8Array }
  | { type: 'piece'; channel: Channel; bytes: Uint8Array }
  /** Entries `from` to `to` of the log, as one Yjs update. */
  | { type: 'push'; channel: Channel; from: number; to: number; bytes: Uint8Array }
  /**
   * Everything this session sent up to `counter` is on stable storage, at or before position `seq`; and everything up to
   * `through` has been sent to it.
   */
  | { type: 'ack'; channel: Channel; counter: number; seq: number; through: number }
  /** Accepted, waiting for the disk longer than usual. */
  | { type: 'received'; channel: Channel; counter: number }
  /** Edit `counter` was refused; everything after it is ignored until an update with `resync`. */
  | { type: 'refused'; channel: Channel; counter: number; code: ErrorCode; message: string }
  | { type: 'awareness'; channel: Channel; bytes: Uint8Array }
  | { type: 'seeded'; channel: Channel; taken: boolean }
  | { type: 'permission'; channel: Channel; permission: ChannelPermission }
  /** The server ends a channel; the connection goes on. */
  | { type: 'closed'; channel: Channel; code: ErrorCode; message: string }
  /** The store refuses writes, or takes them again. */
  | { type: 'store'; available: boolean; message: string }
  /** The server ends the connection: come back after `afterMs` and a random part of `jitterMs`. */
  | { type: 'bye'; code: ErrorCode; message: string; afterMs: number; jitterMs: number }
  | { type: 'beat' }
  /** The token is over in `inMs`: a newer one, brought by `auth`, lets the connection go on. */
  | { type: 'expiring'; inMs: number }
