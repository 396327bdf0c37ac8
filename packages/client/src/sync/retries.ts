import { type BackoffOptions, backoffMs, type Cancel, type Env, type Millis } from '@tutti/core'

/** Before the server is asked again for what it does not give now. */
export const reopenWait: BackoffOptions = { firstMs: 1_000, longestMs: 30_000 }

/** What is to be tried again later: one thing at a time. */
export class Retries {
  readonly #env: Env
  #cancel: Cancel | null = null
  /** In a row. */
  failures = 0

  constructor(env: Env) {
    this.#env = env
  }

  after(ms: Millis, call: () => void): void {
    this.cancel()
    this.#cancel = this.#env.timers.after(ms, () => {
      this.#cancel = null
      call()
    })
  }

  /** Counts a failure. */
  backOff(wait: BackoffOptions, call: () => void, leastMs: Millis = 0): void {
    this.after(leastMs + backoffMs(this.failures++, this.#env.random, wait), call)
  }

  cancel(): void {
    this.#cancel?.()
    this.#cancel = null
  }
}
