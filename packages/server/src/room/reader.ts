import type { Author, Permission, Seq, StateVector } from '@tutti/core'
import type { PresentedUser } from '../access/presented-user.ts'
import type { Dialect } from './dialect.ts'

/** The connection under a reader, as little of it as a room needs. */
export interface Wire {
  /** False while more is buffered than a slow peer may cost. */
  readonly hasRoom: boolean
  /** Writes whole frames. Never throws; a dead peer swallows them. */
  write(frames: Uint8Array): void
  /** Ends the connection for a failure, with its close code. */
  fail(code: 'malformed' | 'over-limit' | 'too-large' | 'deleted', message: string): void
  /** Makes sure the peer is still there, and ends the connection soon when it is not. */
  challenge(): void
}

/**
 * Where a reader stands on the log. `joining`: nothing is sent to it yet. `current`: it was sent everything up to the
 * head. `behind`: its socket is slow, or it is still catching up; it is served from `cursor` when it drains.
 */
export type Standing = 'joining' | 'current' | 'behind'

/** One open document on one connection. The room and the session share it; nobody else touches it. */
export interface Reader {
  readonly wire: Wire
  readonly dialect: Dialect
  readonly author: Author
  permission: Permission
  /** What the server writes as the `user` of its presence; `null` where nobody is asked who they are. */
  user: PresentedUser | null
  standing: Standing
  /** Everything up to here was written to its socket. */
  cursor: Seq
  /** What it knew when it fell behind: serves it when the log no longer reaches back to `cursor`. */
  known: StateVector | null
  /** The newest vector it asked with, still to be answered: at most once a turn, however often it asks. */
  asked: StateVector | null
  /** Pieces of a large catch-up still to be written, before anything else: views of bytes that joins share, not framed yet. */
  readonly pieces: Uint8Array[]
  pumping: boolean
  /** The newest of its counters that was accepted, and the newest that was acknowledged. */
  counter: number
  acked: number
  /** Set by a refusal: its updates are ignored until it resynchronises. */
  ignoring: boolean
  /** It holds something that could not be taken yet; ask again when the document has moved on. */
  holdsMore: boolean
  /** Presence changed while its socket was full. */
  presenceStale: boolean
  /** It has said who is there. */
  hasSpoken: boolean
  /** As how many client ids it writes. */
  leases: number
  /** The client id it wrote as last: the usual answer to "may it". */
  client: number
}

export function createReader(
  wire: Wire,
  dialect: Dialect,
  author: Author,
  permission: Permission,
  user: PresentedUser | null,
): Reader {
  return {
    wire,
    dialect,
    author,
    permission,
    user,
    standing: 'joining',
    cursor: 0 as Seq,
    known: null,
    asked: null,
    pieces: [],
    pumping: false,
    counter: 0,
    acked: 0,
    ignoring: false,
    holdsMore: false,
    presenceStale: false,
    hasSpoken: false,
    leases: 0,
    client: -1,
  }
}
