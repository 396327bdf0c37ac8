/** The stores of the one database. Keys are given, never inline. */
export const storeNames = [
  /** [doc, n] the copy, [doc, n, …] own edits: see row-key.ts. */
  'rows',
  /** [doc, session] → counter: what the server has on disk of a session's edits. */
  'acks',
  /** doc → `StoredDocument`. */
  'documents',
  /** id → `Branch`. */
  'branches',
  /** word → text. */
  'settings',
  /** Rows that could not be read, under their old keys. */
  'damaged',
  /** For the `UpdateLog` face: [doc, seq] → `Entry`, doc → `LogHead`. */
  'entries',
  'heads',
] as const

export type StoreName = (typeof storeNames)[number]

export const databaseVersion = 1

export function createStores(database: IDBDatabase): void {
  for (const name of storeNames) {
    if (!database.objectStoreNames.contains(name)) database.createObjectStore(name)
  }
}

/** All keys [`doc`, …] of a store: arrays sort after everything else. */
export function rangeOf(doc: string): IDBKeyRange {
  return IDBKeyRange.bound([doc], [doc, []])
}
