import type { DocName } from '@tutti/core'
import { result } from './idb-request.ts'
import type { PendingCount } from './local-log.ts'
import { type OwnKey, writeRowKey } from './row-key.ts'
import { decodeEdits } from './row-record.ts'
import { readAllAcknowledged, readRowKeys } from './rows.ts'

/** Pending edits of all documents, from keys; only rows that are acknowledged in part are opened. */
export async function countPending(transaction: IDBTransaction): Promise<ReadonlyMap<DocName, PendingCount>> {
  const [acks, keys] = await Promise.all([readAllAcknowledged(transaction), readRowKeys(transaction)])
  const counts = new Map<DocName, PendingCount>()
  const seen = new Set<string>()
  for (const key of keys) {
    if (key.own === null) continue
    const { session, first, last, edits, bytes } = key.own
    const name = JSON.stringify([key.doc, session, first, last])
    const through = acks.get(key.doc)?.get(session) ?? 0
    if (last <= through || seen.has(name)) continue
    seen.add(name)
    const part = first > through ? { edits, bytes } : await countRest(transaction, key, through)
    const sum = counts.get(key.doc) ?? { edits: 0, bytes: 0 }
    counts.set(key.doc, { edits: sum.edits + part.edits, bytes: sum.bytes + part.bytes })
  }
  return counts
}

async function countRest(transaction: IDBTransaction, key: OwnKey, through: number): Promise<PendingCount> {
  const value = await result(transaction.objectStore('rows').get(writeRowKey(key)))
  const rest = decodeEdits(key, value)?.filter(edit => edit.counter > through) ?? []
  return { edits: rest.length, bytes: rest.reduce((sum, edit) => sum + edit.bytes.length, 0) }
}
