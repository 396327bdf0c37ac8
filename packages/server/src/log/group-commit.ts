import type { Env, Millis } from '@tutti/core'

export interface GroupCommitOptions {
  /** While a store is busy, commits start this far apart on average, unless enough waits. */
  readonly paceMs: Millis
  /** After a pause, so many commits are not held back. */
  readonly burst: number
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
  /** Commits that may start now: one more every `paceMs`, up to `burst`. */
  #credit: number
  #creditedAt: number
  #idle: (() => void)[] = []

  /** `commit` settles its jobs itself and never rejects. */
  constructor(env: Env, options: GroupCommitOptions, commit: (jobs: readonly Job[]) => Promise<void>) {
    this.#env = env
    this.#options = options
    this.#commit = commit
    this.#credit = options.burst
    this.#creditedAt = env.clock.ticks()
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
    const start = () => this.#env.timers.soon(() => void this.#run())
    const waitMs = this.#waiting.length >= this.#options.enough ? 0 : this.#untilCredit()
    if (waitMs <= 0) start()
    else this.#env.timers.after(waitMs, start)
  }

  #untilCredit(): Millis {
    const { paceMs, burst } = this.#options
    if (paceMs === 0) return 0
    const now = this.#env.clock.ticks()
    this.#credit = Math.min(burst, this.#credit + (now - this.#creditedAt) / paceMs)
    this.#creditedAt = now
    return (1 - this.#credit) * paceMs
  }

  async #run() {
    this.#planned = false
    const jobs = this.takeWaiting()
    if (jobs.length > 0) {
      this.#running = true
      this.#untilCredit()
      this.#credit = Math.max(0, this.#credit - 1)
      await this.#commit(jobs)
      this.#running = false
    }
    if (this.#waiting.length > 0) return this.#plan()
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }
}
