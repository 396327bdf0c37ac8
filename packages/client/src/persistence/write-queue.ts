import type { Database } from './database.ts'
import { isShut } from './local-log-error.ts'
import type { StoreName } from './stores.ts'

/** A write that waits for its transaction. */
export interface Job {
  readonly stores: readonly StoreName[]
  /** Runs inside a transaction, perhaps more than once; changes nothing but the stores. */
  readonly work: (transaction: IDBTransaction) => Promise<void> | void
  /** Called once: what the last run did is in the store's hands. */
  readonly stored: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Writes in the order they were added, one transaction in flight; whatever came meanwhile shares the next one. A
 * transaction that fails is tried again job by job, so that one that cannot be stored takes no other with it.
 */
export class WriteQueue {
  readonly #database: Database
  #waiting: Job[] = []
  #draining: Promise<void> | null = null

  constructor(database: Database) {
    this.#database = database
  }

  add(job: Job): void {
    this.#waiting.push(job)
    this.#draining ??= this.#drain()
  }

  run<T>(stores: readonly StoreName[], work: (transaction: IDBTransaction) => Promise<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      let value: T
      this.add({
        stores,
        async work(transaction) {
          value = await work(transaction)
        },
        stored: () => resolve(value),
        failed: reject,
      })
    })
  }

  /** Resolves when everything added so far has been stored or refused. */
  async settled(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const jobs = this.#waiting
      this.#waiting = []
      await this.#store(jobs)
    }
    this.#draining = null
  }

  async #store(jobs: readonly Job[]): Promise<void> {
    const stores = [...new Set(jobs.flatMap(job => job.stores))]
    try {
      await this.#database.write(stores, async transaction => {
        for (const job of jobs) await job.work(transaction)
      })
    } catch (error) {
      if (isShut(error) || jobs.length === 1) for (const job of jobs) job.failed(error)
      else for (const job of jobs) await this.#store([job])
      return
    }
    for (const job of jobs) job.stored()
  }
}
