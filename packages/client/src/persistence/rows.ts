import type { DocName, SessionId } from '@tutti/core'
import { result } from './idb-request.ts'
import type { OwnEdit } from './local-log.ts'
import { type OwnKey, readRowKey, type RowKey, writeRowKey } from './row-key.ts'
import { encodeCopy, encodeEdits } from './row-record.ts'
import { rangeOf } from './stores.ts'

/** A row as it lies in the store; `value` is `undefined` where the browser could not read it. */
export interface StoredRow {
  readonly key: RowKey
  readonly value: unknown
}

/** The number after the last row's. Within a transaction nobody else can take it. */
async function nextNumber(rows: IDBObjectStore, doc: DocName): Promise<number> {
  const cursor = await result(rows.openKeyCursor(rangeOf(doc), 'prev'))
  const last = cursor === null ? null : readRowKey(cursor.key)
  return (last?.n ?? 0) + 1
}

export async function appendEdits(
  transaction: IDBTransaction,
  doc: DocName,
  session: SessionId,
  edits: readonly OwnEdit[],
): Promise<void> {
  const rows = transaction.objectStore('rows')
  putEdits(rows, doc, await nextNumber(rows, doc), session, edits)
}

export async function appendCopy(transaction: IDBTransaction, doc: DocName, update: Uint8Array): Promise<void> {
  const rows = transaction.objectStore('rows')
  putCopy(rows, doc, await nextNumber(rows, doc), update)
}

export function putCopy(rows: IDBObjectStore, doc: DocName, n: number, update: Uint8Array): void {
  const key: RowKey = { doc, n, own: null }
  rows.put(encodeCopy(key, update), writeRowKey(key))
}

export function putEdits(
  rows: IDBObjectStore,
  doc: DocName,
  n: number,
  session: SessionId,
  edits: readonly OwnEdit[],
): void {
  const first = edits[0]?.counter ?? 0
  const last = edits.at(-1)?.counter ?? 0
  const bytes = edits.reduce((sum, edit) => sum + edit.bytes.length, 0)
  const key: OwnKey = { doc, n, own: { session, first, last, edits: edits.length, bytes } }
  rows.put(encodeEdits(key, edits), writeRowKey(key))
}

/** All rows of a document in their order. */
export async function readRows(transaction: IDBTransaction, doc: DocName): Promise<StoredRow[]> {
  const rows = transaction.objectStore('rows')
  const range = rangeOf(doc)
  const [keys, values] = await Promise.all([result(rows.getAllKeys(range)), result(rows.getAll(range))])
  return keys.flatMap((key, i) => {
    const parsed = readRowKey(key)
    return parsed === null ? [] : [{ key: parsed, value: values[i] as unknown }]
  })
}

/** Keys of all rows, of one document or of all. */
export async function readRowKeys(transaction: IDBTransaction, doc?: DocName): Promise<RowKey[]> {
  const rows = transaction.objectStore('rows')
  const keys = await result(doc === undefined ? rows.getAllKeys() : rows.getAllKeys(rangeOf(doc)))
  return keys.flatMap(key => readRowKey(key) ?? [])
}

/** Session → counter up to which the server has its edits on disk. */
export type Acknowledged = ReadonlyMap<SessionId, number>

export async function readAcknowledged(transaction: IDBTransaction, doc: DocName): Promise<Acknowledged> {
  return (await readAllAcknowledged(transaction, doc)).get(doc) ?? new Map()
}

export async function readAllAcknowledged(
  transaction: IDBTransaction,
  doc?: DocName,
): Promise<ReadonlyMap<DocName, Acknowledged>> {
  const acks = transaction.objectStore('acks')
  const range = doc === undefined ? undefined : rangeOf(doc)
  const [keys, counters] = await Promise.all([result(acks.getAllKeys(range)), result(acks.getAll(range))])
  const all = new Map<DocName, Map<SessionId, number>>()
  for (const [i, key] of keys.entries()) {
    const [name, session] = key as [DocName, SessionId]
    let sessions = all.get(name)
    if (sessions === undefined) all.set(name, (sessions = new Map()))
    sessions.set(session, Number(counters[i]))
  }
  return all
}
