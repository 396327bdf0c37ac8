import { type DocName, type Epoch, type Seq, seq } from '@tutti/core'
import { type Adoption, readAdoption } from './adoption.ts'
import { result } from './idb-request.ts'
import type { LocalDocument, PendingEdit } from './local-log.ts'
import type { RowKey } from './row-key.ts'
import { decodeCopy, decodeEdits } from './row-record.ts'
import { type Acknowledged, readAcknowledged, readRows, type StoredRow } from './rows.ts'
import type { StoreName } from './stores.ts'

/** What is known of a document beside its rows. */
export interface StoredDocument {
  readonly epoch: Epoch
  readonly position: Seq
}

/** A document as it lies in the stores. */
export interface StoredCopy {
  readonly document: StoredDocument | null
  readonly rows: readonly StoredRow[]
  readonly acknowledged: Acknowledged
  readonly adoption: Adoption
}

export const copyStores: readonly StoreName[] = ['rows', 'acks', 'documents', 'settings']

export async function readCopy(transaction: IDBTransaction, doc: DocName): Promise<StoredCopy> {
  const [document, acknowledged, adoption, rows] = await Promise.all([
    readDocument(transaction, doc),
    readAcknowledged(transaction, doc),
    readAdoption(transaction, doc),
    readRows(transaction, doc),
  ])
  return { document, acknowledged, adoption, rows }
}

export async function readDocument(transaction: IDBTransaction, doc: DocName): Promise<StoredDocument | null> {
  const found = transaction.objectStore('documents').get(doc) as IDBRequest<StoredDocument | undefined>
  return (await result(found)) ?? null
}

export interface OpenedCopy extends LocalDocument {
  /** Rows that could not be read: their names and what lies there. */
  readonly unreadable: readonly StoredRow[]
}

/** Opens the records. An edit that was stored twice counts once. */
export function openCopy({ document, rows, acknowledged }: StoredCopy): OpenedCopy {
  const updates: Uint8Array[] = []
  const pending: PendingEdit[] = []
  const unreadable: StoredRow[] = []
  const seen = new Set<string>()
  for (const { key, value } of rows) {
    if (key.own === null) {
      const update = decodeCopy(key, value)
      if (update === null) unreadable.push({ key, value })
      else updates.push(update)
      continue
    }
    const { session } = key.own
    const edits = decodeEdits(key, value)
    if (edits === null) unreadable.push({ key, value })
    for (const edit of edits ?? []) {
      const name = `${edit.counter} ${session}`
      if (seen.has(name)) continue
      seen.add(name)
      updates.push(edit.bytes)
      if (edit.counter > (acknowledged.get(session) ?? 0)) pending.push({ ...edit, session })
    }
  }
  return {
    epoch: document?.epoch ?? null,
    // With something missing the position would be a lie: from 0 the server brings everything again.
    position: unreadable.length > 0 ? seq(0) : (document?.position ?? seq(0)),
    updates,
    pending,
    damaged: unreadable.map(row => describeRow(row.key)),
    unreadable,
  }
}

export function describeRow({ doc, n, own }: RowKey): string {
  if (own === null) return `row ${n} of "${doc}": part of the copy`
  return `row ${n} of "${doc}": edits ${own.first} to ${own.last} of session ${own.session}`
}
