import { type DocName, seq } from '@tutti/core'
import { result } from './idb-request.ts'
import type { EditName } from './local-log.ts'
import { readDocument } from './read-copy.ts'
import { writeRowKey } from './row-key.ts'
import { decodeEdits } from './row-record.ts'
import { putEdits, readAcknowledged, readRowKeys } from './rows.ts'

/** Takes edits out of their rows. What is known to be at the server stays; of the rest the position claims nothing. */
export async function withdrawEdits(
  transaction: IDBTransaction,
  doc: DocName,
  edits: readonly EditName[],
): Promise<void> {
  const rows = transaction.objectStore('rows')
  const document = await readDocument(transaction, doc)
  if (document !== null) transaction.objectStore('documents').put({ ...document, position: seq(0) }, doc)
  const [acknowledged, keys] = await Promise.all([readAcknowledged(transaction, doc), readRowKeys(transaction, doc)])
  for (const key of keys) {
    if (key.own === null) continue
    const { session } = key.own
    const through = acknowledged.get(session) ?? 0
    const named = edits.filter(edit => edit.session === session && edit.counter > through)
    if (named.length === 0) continue
    const gone = new Set(named.map(edit => edit.counter))
    const stored = decodeEdits(key, await result(rows.get(writeRowKey(key))))
    const left = stored?.filter(edit => !gone.has(edit.counter))
    if (left === undefined || left.length === stored?.length) continue
    rows.delete(writeRowKey(key))
    if (left.length > 0) putEdits(rows, doc, key.n, session, left)
  }
}
