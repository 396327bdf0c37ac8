import { type DocName, seq } from '@tutti/core'
import type { Database } from './database.ts'
import { result } from './idb-request.ts'
import type { StoredCopy, StoredDocument } from './read-copy.ts'
import { writeRowKey } from './row-key.ts'
import { readAcknowledged, readRowKeys, type StoredRow } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

/** Reads a copy record by record, each in a transaction of its own: what one of them breaks is only itself. */
export async function salvageCopy(database: Database, doc: DocName): Promise<StoredCopy> {
  const known = await database.read(['rows', 'acks', 'documents'], async transaction => {
    const document = result(transaction.objectStore('documents').get(doc) as IDBRequest<StoredDocument | undefined>)
    const acknowledged = readAcknowledged(transaction, doc)
    const keys = await readRowKeys(transaction, doc)
    return { keys, document: (await document) ?? null, acknowledged: await acknowledged }
  })
  const rows: StoredRow[] = []
  for (const key of known.keys) {
    const value = await database
      .read(['rows'], transaction => result(transaction.objectStore('rows').get(writeRowKey(key))))
      .catch(() => undefined)
    rows.push({ key, value: value as unknown })
  }
  return { ...known, rows }
}

/**
 * Moves rows that cannot be read out of the way, so that what counts as pending is what can be sent, and takes the position back
 * to 0, so that the server brings what they held.
 */
export function setDamagedAside(queue: WriteQueue, doc: DocName, rows: readonly StoredRow[]): Promise<void> {
  return queue.run(['rows', 'damaged', 'documents'], async transaction => {
    const documents = transaction.objectStore('documents')
    const known = await result(documents.get(doc) as IDBRequest<StoredDocument | undefined>)
    if (known !== undefined) documents.put({ ...known, position: seq(0) }, doc)
    for (const { key, value } of rows) {
      transaction.objectStore('damaged').put(value ?? null, writeRowKey(key))
      transaction.objectStore('rows').delete(writeRowKey(key))
    }
  })
}
