import type { DocName, SessionId } from '@tutti/core'

// Everything about a row but its content stands in its key, so that what is pending can be told from the keys alone.
// `n` orders the rows of a document: a row may build on those before it.

/** Part of the copy the server has: [doc, n]. */
export interface CopyKey {
  readonly doc: DocName
  readonly n: number
  readonly own: null
}

/** Edits of one session, counters ascending: [doc, n, session, first, last, edits, bytes]. */
export interface OwnKey {
  readonly doc: DocName
  readonly n: number
  readonly own: {
    readonly session: SessionId
    /** Counters of the first and the last edit. Between them some may be missing: withdrawn. */
    readonly first: number
    readonly last: number
    readonly edits: number
    /** Their sum. */
    readonly bytes: number
  }
}

export type RowKey = CopyKey | OwnKey

/** `null` for a key this version does not write. */
export function readRowKey(key: IDBValidKey): RowKey | null {
  if (!Array.isArray(key)) return null
  const [doc, n, session, first, last, edits, bytes] = key
  if (typeof doc !== 'string' || typeof n !== 'number') return null
  if (key.length === 2) return { doc: doc as DocName, n, own: null }
  if (key.length !== 7 || typeof session !== 'string' || typeof first !== 'number' || typeof last !== 'number')
    return null
  if (typeof edits !== 'number' || typeof bytes !== 'number') return null
  return { doc: doc as DocName, n, own: { session: session as SessionId, first, last, edits, bytes } }
}

export function writeRowKey(key: RowKey): IDBValidKey[] {
  if (key.own === null) return [key.doc, key.n]
  const { session, first, last, edits, bytes } = key.own
  return [key.doc, key.n, session, first, last, edits, bytes]
}
