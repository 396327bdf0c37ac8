import { type DocName, type Random, randomWord, seq, type SessionId, type Timers } from '@tutti/core'
import * as Y from 'yjs'
import { readAdoption, writeAdoption } from './adoption.ts'
import { foldUpdates } from './fold.ts'
import { completion, result } from './idb-request.ts'
import { appendEdits, readRowKeys } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

// y-indexeddb keeps one database per document, named by its room: updates in "updates", numbered, and "custom".

export interface AdoptionOptions {
  readonly factory: IDBFactory
  readonly timers: Timers
  readonly timeoutMs: number
}

/** Everything an old database holds, as one update; `null` where there is none, or nothing in it. It is left as it is. */
export async function readOldDatabase(name: string, options: AdoptionOptions): Promise<Uint8Array | null> {
  const { factory } = options
  if (factory.databases !== undefined) {
    const all = await factory.databases()
    if (!all.some(info => info.name === name)) return null
  }
  const database = await openExisting(name, options)
  if (database === null) return null
  try {
    const stores = database.objectStoreNames
    if (!stores.contains('updates') || !stores.contains('custom')) return null
    const transaction = database.transaction(['updates'], 'readonly')
    const values = await result(transaction.objectStore('updates').getAll() as IDBRequest<unknown[]>)
    await completion(transaction)
    const updates = values.filter(isUpdate)
    return updates.length === 0 ? null : foldUpdates(updates, { gc: false })
  } finally {
    database.close()
  }
}

/** Opens without creating: a database that would be new is taken back. */
function openExisting(name: string, { factory, timers, timeoutMs }: AdoptionOptions): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name)
    let isNew = false
    let late = false
    const cancel = timers.after(timeoutMs, () => {
      late = true
      reject(new Error('an old database does not open'))
    })
    request.onupgradeneeded = () => {
      isNew = true
      request.transaction?.abort()
    }
    request.onerror = event => {
      cancel()
      event.preventDefault()
      if (isNew) resolve(null)
      else reject(request.error ?? new Error('an old database does not open'))
    }
    request.onsuccess = () => {
      cancel()
      if (late) request.result.close()
      else resolve(request.result)
    }
  })
}

/** Not empty (two zero bytes) and well formed: a broken one would spoil the fold of all. */
function isUpdate(value: unknown): value is Uint8Array {
  if (!(value instanceof Uint8Array) || value.length <= 2) return false
  try {
    Y.decodeUpdate(value)
    return true
  } catch {
    return false
  }
}

/**
 * Stores what was found as one pending edit, so that it reaches the server, and remembers that it was
 * adopted: content that came from there and was removed since must not come back. Once, whichever tab is first.
 */
export function storeAdopted(queue: WriteQueue, doc: DocName, bytes: Uint8Array, random: Random): Promise<void> {
  const session = `adopted-${randomWord(random, 16)}` as SessionId
  return queue.run(['rows', 'settings'], async transaction => {
    const adoption = await readAdoption(transaction, doc)
    if (adoption === 'done' || (adoption === 'none' && (await readRowKeys(transaction, doc)).length > 0)) return
    writeAdoption(transaction, doc, 'done')
    await appendEdits(transaction, doc, session, [{ counter: 1, base: seq(0), bytes }])
  })
}
