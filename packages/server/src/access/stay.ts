import type { Cancel, Env, Millis } from '@tutti/core'
import type { Identity } from './authorize.ts'

/** Somebody who was let in and is still there. */
export interface Visitor {
  /** What lets them stay ends in so many milliseconds, unless they bring something newer. */
  expiring(inMs: Millis): void
  /** They have to go. */
  end(code: 'unauthorized' | 'internal', message: string): void
  /** Asks again what they may do with what they have open, and acts on it. Rejects when that cannot be known now. */
  review(): Promise<void>
}

/** How long before its end a stay is told about it, at most. */
const noticeMs: Millis = 30_000
/** How long nothing may be known about what somebody may do. */
const patienceMs: Millis = 30_000
/** Timers of a machine reach no further. */
const longestWaitMs = 2 ** 31 - 1

/** One visitor's time: it ends when their identity does (SPEC ACC8). */
export class Stay {
  readonly visitor: Visitor
  readonly #env: Env
  #identity: Identity
  #forgetTimer: Cancel | null = null
  #answeredTicks: Millis
  #isAsking = false

  constructor(identity: Identity, visitor: Visitor, env: Env) {
    this.visitor = visitor
    this.#env = env
    this.#identity = identity
    this.#answeredTicks = env.clock.ticks()
    this.#watch()
  }

  get identity(): Identity {
    return this.#identity
  }

  /** Somebody brought a newer token: they stay as who they are by it. */
  renew(identity: Identity): void {
    this.#identity = identity
    this.#answeredTicks = this.#env.clock.ticks()
    this.#watch()
  }

  /** Asks again what they may do. Who nothing can be known about for long has to come again. */
  review(): void {
    if (this.#isAsking) return
    this.#isAsking = true
    this.visitor.review().then(
      () => {
        this.#isAsking = false
        this.#answeredTicks = this.#env.clock.ticks()
      },
      () => {
        this.#isAsking = false
        if (this.#env.clock.ticks() - this.#answeredTicks < patienceMs) return
        this.visitor.end('internal', 'it cannot be asked now who may do what')
      },
    )
  }

  end(): void {
    this.#forgetTimer?.()
    this.#forgetTimer = null
  }

  #watch(): void {
    this.end()
    const { expiresAt } = this.#identity
    if (expiresAt === undefined) return
    const leftMs = expiresAt - this.#env.clock.now()
    this.#noticeIn(leftMs - Math.min(noticeMs, leftMs / 10))
  }

  #noticeIn(waitMs: Millis): void {
    this.#after(waitMs, () => {
      const leftMs = (this.#identity.expiresAt as Millis) - this.#env.clock.now()
      this.#after(leftMs, () => this.visitor.end('unauthorized', 'the token is over'))
      if (leftMs > 0) this.visitor.expiring(Math.ceil(leftMs))
    })
  }

  #after(ms: Millis, call: () => void): void {
    this.#forgetTimer = this.#env.timers.after(Math.min(ms, longestWaitMs), () => {
      if (ms > longestWaitMs) this.#after(ms - longestWaitMs, call)
      else call()
    })
  }
}
