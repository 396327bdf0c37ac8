import type { DocName, Epoch, Seq, SessionId } from '@tutti/core'

/** An edit made in this running client (tab, process), on its way to the device's storage and to the server. */
export interface OwnEdit {
  /** Counts this session's edits of this document from 1, without gaps. */
  readonly counter: number
  readonly bytes: Uint8Array
  /** The server's position its author had seen. */
  readonly base: Seq
}

/** What the device knows an edit of a document by. */
export interface EditName {
  readonly session: SessionId
  readonly counter: number
}

/** An edit the server has not acknowledged, of this session or of one that ended before it was. */
export interface PendingEdit extends OwnEdit {
  readonly session: SessionId
}

/** The device's copy of one document. */
export interface LocalDocument {
  /** `null` until the server has given the document a position. */
  readonly epoch: Epoch | null
  /** The copy contains everything of the server's log up to here. */
  readonly position: Seq
  /** Yjs updates that together are the copy, pending edits included, in an order that can be applied. */
  readonly updates: readonly Uint8Array[]
  /** Every edit not yet acknowledged, of all sessions, in their order. */
  readonly pending: readonly PendingEdit[]
  /** Records that could not be read, by description; they were skipped. */
  readonly damaged: readonly string[]
}

/** Content set aside instead of merged: refused edits, or a copy whose epoch is no longer the document's. */
export interface Branch {
  readonly id: string
  readonly doc: DocName
  readonly epoch: Epoch | null
  readonly at: number
  readonly reason: string
  /** One Yjs update: the whole copy for an epoch mismatch, the refused edits otherwise. */
  readonly bytes: Uint8Array
}

export interface PendingCount {
  readonly edits: number
  readonly bytes: number
}

/** Why something is not on this device. Codes are stable. */
export type LocalTrouble = 'local-quota' | 'local-unavailable'

/**
 * The device's log of all documents. One per origin and user, shared by all tabs. Each session appends its own edits only;
 * one session at a time (the leader) also appends what came from the server.
 *
 * Every promise that resolves means: in the store's hands, surviving a crash of the tab. A rejection is an `Error` with a
 * `code` of `LocalTrouble`; nothing already stored is touched by it, and the caller keeps the data and may try again.
 */
export interface LocalLog {
  /** False for the stand-in used where there is no IndexedDB: nothing survives the session, and people are told. */
  readonly survives: boolean

  open(doc: DocName): Promise<LocalDocument>
  /**
   * Nothing is stored that builds on an edit which is not: after a failed append the next one has to bring the failed
   * edits again, and is refused (same code) otherwise. Edits already stored may be brought again.
   */
  appendOwn(doc: DocName, session: SessionId, edits: readonly OwnEdit[]): Promise<void>
  /**
   * `bytes` (may be empty when only the position moved) contains the log after `after` up to `position`. They are kept in
   * any case; the position moves only when nothing is missing before `after`, and never back. Without `after` it is the
   * stored position. Rejects with a `TuttiError` `epoch-mismatch` when the copy has another epoch.
   */
  appendRemote(doc: DocName, epoch: Epoch, bytes: Uint8Array, position: Seq, after?: Seq): Promise<void>
  /** Everything `session` did up to `counter` is on the server's disk. */
  acknowledge(doc: DocName, session: SessionId, counter: number): Promise<void>

  /** Pending edits of every document on this device. */
  pending(): Promise<ReadonlyMap<DocName, PendingCount>>
  list(): Promise<readonly DocName[]>

  /**
   * Removes pending edits (refused ones) from the copy, all at once: the next `open` reads as if they had never been made.
   * The server may have them all the same, so the position goes back to 0: nothing is claimed of its log any more.
   */
  withdraw(doc: DocName, edits: readonly EditName[]): Promise<void>
  addBranch(branch: Omit<Branch, 'id'>): Promise<Branch>
  branches(doc?: DocName): Promise<readonly Branch[]>
  removeBranch(id: string): Promise<void>
  /** Forgets the copy of a document, pending edits included. Branches stay. */
  remove(doc: DocName): Promise<void>

  /** Folds acknowledged rows of a document into one, when there are many. Only the leader calls it. */
  compact(doc: DocName): Promise<void>

  /** A small value of the device, such as its id. */
  readSetting(key: string): Promise<string | null>
  writeSetting(key: string, value: string): Promise<void>
  /** The value, or `create()` stored as the value where there is none: the same for all tabs that ask at once. */
  readOrCreateSetting(key: string, create: () => string): Promise<string>

  /**
   * Calls back when everything that was stored is gone: somebody cleared the storage under a running client, and the log has
   * begun anew. The caller stores again what it still has. Returns how to stop that.
   */
  onLost(call: () => void): () => void

  close(): Promise<void>
}
