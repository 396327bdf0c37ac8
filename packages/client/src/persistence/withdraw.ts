import type { DocName, SessionId } from '@tutti/core'
import { result } from './idb-request.ts'
import { writeRowKey } from './row-key.ts'
import { decodeEdits } from './row-record.ts'
import { putEdits, readAcknowledged, readRowKeys } from './rows.ts'

/** Takes edits out of their rows. What the server already has stays. */
export async function withdrawEdits(
  transaction: IDBTransaction,
  doc: DocName,
  session: SessionId,
  counters: ReadonlySet<number>,
): Promise<void> {
  const rows = transaction.objectStore('rows')
  const [acknowledged, keys] = await Promise.all([readAcknowledged(transaction, doc), readRowKeys(transaction, doc)])
  const through = acknowledged.get(session) ?? 0
  for (const key of keys) {
    if (key.own?.session !== session || key.own.last <= through) continue
    const edits = decodeEdits(key, await result(rows.get(writeRowKey(key))))
    const left = edits?.filter(edit => edit.counter <= through || !counters.has(edit.counter))
    if (left === undefined || left.length === edits?.length) continue
    rows.delete(writeRowKey(key))
    if (left.length > 0) putEdits(rows, doc, key.n, session, left)
  }
}
