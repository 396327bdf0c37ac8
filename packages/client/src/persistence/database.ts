import type { Timers } from '@tutti/core'
import { completion } from './idb-request.ts'
import { LocalLogError } from './local-log-error.ts'
import { createStores, databaseVersion, type StoreName } from './stores.ts'

export interface DatabaseOptions {
  readonly name: string
  readonly factory: IDBFactory
  readonly timers: Timers
  /** How long opening may take before it counts as failed. */
  readonly openTimeoutMs: number
  /** `relaxed` survives a killed browser, `strict` also a power cut. */
  readonly durability: 'relaxed' | 'strict'
  /** The database was there, and had to be made anew. */
  readonly recreated: () => void
}

/** Work inside one transaction. It may run twice (after a lost connection), so it must not change anything else. */
export type Work<T> = (transaction: IDBTransaction) => T | Promise<T>

/**
 * A connection that heals: the browser may close it whenever it likes (storage cleared, another tab deleting it, a phone
 * in a pocket); the next transaction opens it again. Failures are `LocalLogError`s, except what `Work` itself throws.
 */
export class Database {
  readonly #options: DatabaseOptions
  #handle: IDBDatabase | null = null
  #opening: Promise<IDBDatabase> | null = null
  #closed = false
  #wasOpen = false

  constructor(options: DatabaseOptions) {
    this.#options = options
  }

  read<T>(stores: readonly StoreName[], work: Work<T>): Promise<T> {
    return this.#run('readonly', stores, work)
  }

  write<T>(stores: readonly StoreName[], work: Work<T>): Promise<T> {
    return this.#run('readwrite', stores, work)
  }

  /** Lets go of the connection; nothing opens it again. */
  close(): void {
    this.#closed = true
    this.#handle?.close()
    this.#handle = null
  }

  async #run<T>(mode: IDBTransactionMode, stores: readonly StoreName[], work: Work<T>): Promise<T> {
    try {
      return await this.#once(mode, stores, work)
    } catch (error) {
      if (!isLostConnection(error)) throw trouble(error)
      this.#drop()
    }
    try {
      return await this.#once(mode, stores, work)
    } catch (error) {
      if (isLostConnection(error)) this.#drop()
      throw trouble(error)
    }
  }

  async #once<T>(mode: IDBTransactionMode, stores: readonly StoreName[], work: Work<T>): Promise<T> {
    const handle = this.#handle ?? (await this.#open())
    const transaction = handle.transaction(stores as StoreName[], mode, { durability: this.#options.durability })
    const completed = completion(transaction)
    // Whoever fails first below is the one that is reported.
    completed.catch(() => {})
    let value: T
    try {
      value = await work(transaction)
    } catch (error) {
      abort(transaction)
      // Why the transaction ended says more than the request that ended with it.
      await completed.catch(cause => {
        if (!isAbort(cause)) throw cause
      })
      throw error
    }
    commit(transaction)
    await completed
    return value
  }

  #open(): Promise<IDBDatabase> {
    if (this.#closed) return Promise.reject(new LocalLogError('local-unavailable', 'the log was closed'))
    this.#opening ??= this.#request().finally(() => {
      this.#opening = null
    })
    const opening = this.#opening
    return new Promise((resolve, reject) => {
      const cancel = this.#options.timers.after(this.#options.openTimeoutMs, () =>
        reject(new LocalLogError('local-unavailable', 'the device does not open its database')),
      )
      opening.then(resolve, reject).finally(cancel)
    })
  }

  /** May settle long after everybody stopped waiting: the handle is kept for whoever comes next. */
  #request(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = this.#options.factory.open(this.#options.name, databaseVersion)
      let isNew = false
      request.onupgradeneeded = () => {
        isNew = true
        createStores(request.result)
      }
      request.onerror = () => reject(request.error ?? new Error('opening failed without saying why'))
      request.onsuccess = () => {
        const handle = request.result
        if (this.#closed) {
          handle.close()
          reject(new LocalLogError('local-unavailable', 'the log was closed'))
          return
        }
        const forget = () => {
          if (this.#handle === handle) this.#handle = null
        }
        handle.onclose = forget
        handle.onversionchange = () => {
          forget()
          handle.close()
        }
        this.#handle = handle
        if (isNew && this.#wasOpen) this.#options.recreated()
        this.#wasOpen = true
        resolve(handle)
      }
    })
  }

  #drop(): void {
    this.#handle?.close()
    this.#handle = null
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It has ended already.
  }
}

/** Tells the store that nothing more comes, so that it need not wait for a turn in which nothing came. */
function commit(transaction: IDBTransaction): void {
  try {
    transaction.commit?.()
  } catch {
    // It has ended already, or the store ends it by itself.
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : ''
}

function isAbort(error: unknown): boolean {
  return nameOf(error) === 'AbortError'
}

/** Failures that a fresh connection may not have. A store that is missing means the database was made anew. */
function isLostConnection(error: unknown): boolean {
  return ['InvalidStateError', 'AbortError', 'UnknownError', 'NotFoundError', 'TransactionInactiveError'].includes(
    nameOf(error),
  )
}

function trouble(error: unknown): unknown {
  if (nameOf(error) === 'QuotaExceededError') {
    return new LocalLogError('local-quota', 'this device has no room left', { cause: error })
  }
  if (error instanceof DOMException) {
    return new LocalLogError('local-unavailable', `the device refuses: ${error.message}`, { cause: error })
  }
  return error
}
