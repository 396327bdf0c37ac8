import { type DocName, seq } from '@tutti/core'
import { readAdoption } from './adoption.ts'
import type { Database } from './database.ts'
import { result } from './idb-request.ts'
import { copyStores, readDocument, type StoredCopy } from './read-copy.ts'
import { writeRowKey } from './row-key.ts'
import { readAcknowledged, readRowKeys, type StoredRow } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

/** Reads a copy record by record, each in a transaction of its own: what one of them breaks is only itself. */
export async function salvageCopy(database: Database, doc: DocName): Promise<StoredCopy> {
  const known = await database.read(copyStores, async transaction => {
    const [document, acknowledged, adoption, keys] = await Promise.all([
      readDocument(transaction, doc),
      readAcknowledged(transaction, doc),
      readAdoption(transaction, doc),
      readRowKeys(transaction, doc),
    ])
    return { keys, document, acknowledged, adoption }
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
    const known = await readDocument(transaction, doc)
    if (known !== null) transaction.objectStore('documents').put({ ...known, position: seq(0) }, doc)
    for (const { key, value } of rows) {
      transaction.objectStore('damaged').put(value ?? null, writeRowKey(key))
      transaction.objectStore('rows').delete(writeRowKey(key))
    }
  })
}
