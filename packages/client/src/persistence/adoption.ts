import type { DocName } from '@tutti/core'
import { result } from './idb-request.ts'

/** Whether what y-indexeddb kept of a document was taken over; `owed` where it could not be read when it was looked for. */
export type Adoption = 'none' | 'owed' | 'done'

export async function readAdoption(transaction: IDBTransaction, doc: DocName): Promise<Adoption> {
  const value: unknown = await result(transaction.objectStore('settings').get(`adopted:${doc}`))
  return value === undefined ? 'none' : value === 'owed' ? 'owed' : 'done'
}

export function writeAdoption(transaction: IDBTransaction, doc: DocName, adoption: Adoption): void {
  transaction.objectStore('settings').put(adoption, `adopted:${doc}`)
}
