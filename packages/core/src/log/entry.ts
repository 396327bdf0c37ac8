import type { Seq } from '../base/id.ts'
import type { Millis } from '../base/time.ts'

/** Who brought an entry. One object per session, shared by all its entries. */
export interface Author {
  /** Who the token said it was; "" where nobody was asked. */
  readonly subject: string
  /** The device, or "" for a stock client, which names none. */
  readonly device: string
  /** The running client (tab, process) on that device. */
  readonly session: string
}

/** An accepted Yjs V1 update on its way into a log. */
export interface NewEntry {
  readonly bytes: Uint8Array
  /** When it was accepted; for people, never for order. */
  readonly at: Millis
  /** The last position its author had seen: what it knew. */
  readonly base: Seq
  readonly author: Author
  /** The author's own count of its edits; 0 where it keeps none. */
  readonly counter: number
}

export interface Entry extends NewEntry {
  readonly seq: Seq
}
