import type { Env, Millis } from '@tutti/core'

export interface GroupCommitOptions {
  /** While a store is busy, commits start at least this far apart, unless enough waits. */
  readonly paceMs: Millis
  /** So much waiting starts the next commit at once. */
  readonly enough: number
}

/** One commit is in flight; whatever is added meanwhile goes into the next. So an fsync is shared by all who waited. */
export class GroupCommit<Job> {
  readonly #env: Env
  readonly #options: GroupCommitOptions
  readonly #commit: (jobs: readonly Job[]) => Promise<void>
  #waiting: Job[] = []
  #planned = false
  #running = false
  #startedAt = Number.NEGATIVE_INFINITY
  #idle: (() => void)[] = []

  /** `commit` settles its jobs itself and never rejects. */
  constructor(env: Env, options: GroupCommitOptions, commit: (jobs: readonly Job[]) => Promise<void>) {
    this.#env = env
    this.#options = options
    this.#commit = commit
  }

  add(job: Job): void {
    this.#waiting.push(job)
    this.#plan()
  }

  /** Takes what waits, so that it can be refused. */
  takeWaiting(): Job[] {
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }

  /** Resolves when nothing waits and nothing is in flight. */
  idle(): Promise<void> {
    if (!this.#running && this.#waiting.length === 0) return Promise.resolve()
    return new Promise(resolve => this.#idle.push(resolve))
  }

  #plan() {
    if (this.#planned || this.#running || this.#waiting.length === 0) return
    this.#planned = true
    const since = this.#env.clock.ticks() - this.#startedAt
    const start = () => this.#env.timers.soon(() => void this.#run())
    if (since >= this.#options.paceMs || this.#waiting.length >= this.#options.enough) start()
    else this.#env.timers.after(this.#options.paceMs - since, start)
  }

  async #run() {
    this.#planned = false
    const jobs = this.takeWaiting()
    if (jobs.length > 0) {
      this.#running = true
      this.#startedAt = this.#env.clock.ticks()
      await this.#commit(jobs)
      this.#running = false
    }
    if (this.#waiting.length > 0) return this.#plan()
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }
}
