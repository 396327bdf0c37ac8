import type { Env, Millis, UpdateLog } from '@tutti/core'
import type { Logger } from '../runtime/logger.ts'

/** The wait before the first probe of a store that refused, and the longest one. */
const firstProbeMs: Millis = 250
const longestProbeMs: Millis = 2_000

/**
 * Whether the store takes writes. After one refusal nothing is written until a probe says that it would be durable; the
 * probes go on by themselves (SPEC ROOM8).
 */
export class StoreHealth {
  readonly #log: UpdateLog
  readonly #env: Env
  readonly #logger: Logger
  readonly #listeners = new Set<(available: boolean) => void>()
  #reason: string | null = null
  #waitMs = firstProbeMs
  #cancel: (() => void) | null = null
  #closed = false

  constructor(log: UpdateLog, env: Env, logger: Logger) {
    this.#log = log
    this.#env = env
    this.#logger = logger
  }

  get available(): boolean {
    return this.#reason === null
  }

  /** Why it refuses; "" while it does not. */
  get reason(): string {
    return this.#reason ?? ''
  }

  onChange(call: (available: boolean) => void): () => void {
    this.#listeners.add(call)
    return () => this.#listeners.delete(call)
  }

  /** The store refused a write. */
  refused(reason: string): void {
    if (this.#closed) return
    const isNews = this.#reason === null
    this.#reason = reason
    if (!isNews) return
    this.#logger.error({ reason }, 'the store refuses writes')
    this.#waitMs = firstProbeMs
    this.#probeLater()
    this.#tell(false)
  }

  close(): void {
    this.#closed = true
    this.#cancel?.()
  }

  #probeLater(): void {
    this.#cancel = this.#env.timers.after(this.#waitMs, () => void this.#probe())
    this.#waitMs = Math.min(longestProbeMs, this.#waitMs * 2)
  }

  async #probe(): Promise<void> {
    try {
      await this.#log.probe()
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : String(error)
      if (!this.#closed) this.#probeLater()
      return
    }
    if (this.#closed) return
    this.#reason = null
    this.#logger.info({}, 'the store takes writes again')
    this.#tell(true)
  }

  #tell(available: boolean): void {
    for (const listener of this.#listeners) listener(available)
  }
}
