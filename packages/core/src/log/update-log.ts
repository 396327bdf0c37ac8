import type { DocName, Epoch, Seq } from '../base/id.ts'
import type { Millis } from '../base/time.ts'
import type { Entry, NewEntry } from './entry.ts'

/** The state of a document folded up to `seq`, as one Yjs V1 update. */
export interface Checkpoint {
  readonly seq: Seq
  readonly bytes: Uint8Array
  readonly at: Millis
  /** `contentDigest` of the state, hex; "" where it was folded without a Y.Doc. */
  readonly content: string
}

/** Something wrong with what is stored, named so that a person can act on it. */
export interface Finding {
  readonly kind:
    | 'damaged-entry'
    | 'missing-entries'
    | 'damaged-checkpoint'
    | 'damaged-head'
    | 'missing-document'
    | 'unknown-record'
  /** The document, where the damage lets it be known. */
  readonly doc: DocName | null
  /** First and last position touched; 0 where none applies. */
  readonly from: Seq
  readonly to: Seq
  readonly message: string
}

/** A document that was deleted and can be had back: a mark, its entries are all there. */
export interface Deletion {
  readonly at: Millis
  /** The subject who did it; "" where nobody was asked. */
  readonly by: string
}

/** What a log knows of one document when it is opened. */
export interface OpenedDocument {
  /** `null` for a document that was never written: it is born with its first entry. */
  readonly epoch: Epoch | null
  /** The last position given; 0 for none. */
  readonly head: Seq
  readonly checkpoint: Checkpoint | null
  /** Every readable entry after the checkpoint, in order. A log may make them when they are asked for: there can be very many. */
  readonly entries: readonly Entry[]
  /** Empty for a healthy document. Otherwise it may be read, and must not be written (SPEC LOG9). */
  readonly findings: readonly Finding[]
  /** Set while it is marked as deleted. Reading and appending do not heed it: who opens documents for others does. */
  readonly deleted: Deletion | null
  /** Gives the update of every entry, in order, and makes nothing of any: what a document of a year is opened by. */
  eachUpdate(visit: UpdateVisitor): void
}

/** The update is `bytes[from..to)`: borrowed for the length of the call. */
export type UpdateVisitor = (bytes: Uint8Array, from: number, to: number) => void

export interface DocumentSummary {
  readonly doc: DocName
  readonly epoch: Epoch
  readonly head: Seq
  readonly checkpointSeq: Seq
  /** Entries and their bytes that a compaction would fold: what makes it due. */
  readonly tailEntries: number
  readonly tailBytes: number
  readonly deleted: Deletion | null
}

export interface CompactionReport {
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly entriesFolded: number
}

/**
 * Whether the epoch of a removed document is remembered, so that no copy brings it back, or is let go with it, so that
 * clients which still have it bring it back: what a document that is damaged here is healed by.
 */
export type Removal = 'for-good' | 'let-go'

/**
 * The port: a document is a log. Four homes (memory, Level, PostgreSQL, IndexedDB), one contract suite.
 *
 * Callers: `append` resolves only when the entries are on stable storage, in the order of the calls for one document.
 * Implementers: appends of one turn, for any documents, may share one write and one sync. A rejected append left no
 * entry behind that a later `open` would show as accepted, and gave no position away.
 */
export interface UpdateLog {
  /** Reads and checks one document. Rejects with code `store-unavailable` when the store cannot be read at all. */
  open(doc: DocName): Promise<OpenedDocument>

  /**
   * Appends in order; resolves with the position of the last one. `epoch` is given to a document that has none yet;
   * for one that has, it must agree (rejects `epoch-mismatch`). Rejects `store-unavailable` when it cannot be made durable.
   */
  append(doc: DocName, epoch: Epoch, entries: readonly NewEntry[]): Promise<Seq>

  /**
   * Entries after `after`, in order, up to about `maxBytes` (at least one where there is one). What a checkpoint has folded
   * is not given: the first entry may be later than `after + 1`. `history` has those before it.
   */
  read(doc: DocName, after: Seq, maxBytes: number): Promise<readonly Entry[]>

  /**
   * Stores a checkpoint, reads it back, and in the same atomic step retires the entries it folds (at or before its
   * position). They stay readable through `history`.
   */
  checkpoint(doc: DocName, checkpoint: Checkpoint): Promise<CompactionReport>

  /** Entries a checkpoint has folded, from position `from` to `to` inclusive. */
  history(doc: DocName, from: Seq, to: Seq): Promise<readonly Entry[]>

  /** Every document ever written, in the order of their names; those from `from` on, where that is given. */
  list(from?: string): AsyncIterable<DocumentSummary>

  /** Marks a document as deleted, or with `null` as not deleted. Rejects with a `RangeError` where there is none. */
  mark(doc: DocName, deleted: Deletion | null): Promise<void>

  /** Forgets a document and all of its entries: for good, unless it is only let go. */
  remove(doc: DocName, how?: Removal): Promise<void>

  /** Whether a document of this epoch was removed for good: who still has it must not make it be born again. */
  wasRemoved(epoch: Epoch): Promise<boolean>

  /** Resolves when a write would be durable now; rejects `store-unavailable` otherwise. Writes one small record. */
  probe(): Promise<void>

  /** Waits for what is in flight. No call is valid afterwards. */
  close(): Promise<void>
}
