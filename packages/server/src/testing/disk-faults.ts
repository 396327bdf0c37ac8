import type { Millis } from '@tutti/core'
import type { SeededRandom } from '@tutti/core/testing'

/**
 * What can fail. `write` and `sync` are those of the database and of the search for room, `file` is every change of a file
 * beside it, `read` is of either, `open` is the opening of the database.
 */
export type DiskCall = 'write' | 'sync' | 'file' | 'read' | 'open'

export class DiskError extends Error {
  readonly code: 'EIO' | 'ENOSPC' | 'ELOCKED'

  constructor(code: DiskError['code'], what: string) {
    const saying = { EIO: 'Input/output error', ENOSPC: 'No space left on device', ELOCKED: 'already held by process' }
    super(`IO error: ${what}: ${saying[code]}`)
    this.code = code
  }
}

/** What is wrong with a disk at the moment, and how long it takes for what it does. */
export class DiskFaults {
  /** No write has room. */
  full = false
  /** Everything takes fifty times as long. */
  slow = false
  /** A sync takes seconds. */
  stuck = false
  readonly #random: SeededRandom
  readonly #failing = new Map<DiskCall, number>()
  readonly #onEvent: (text: string) => void

  constructor(random: SeededRandom, onEvent: (text: string) => void) {
    this.#random = random
    this.#onEvent = onEvent
  }

  /** The next calls of this kind fail with EIO: one, several, or all until `heal`. */
  fail(call: DiskCall, times = 1): void {
    this.#failing.set(call, times)
  }

  /** The disk is well again. What was lost stays lost. */
  heal(): void {
    this.full = false
    this.slow = false
    this.stuck = false
    this.#failing.clear()
  }

  /** Why a call of one of these kinds fails; `null` when it does not. */
  strike(what: string, ...calls: readonly DiskCall[]): DiskError | null {
    if (!this.full && this.#failing.size === 0) return null
    let error: DiskError | null = null
    if (this.full && calls.some(call => call === 'write' || call === 'file')) error = new DiskError('ENOSPC', what)
    for (const call of calls) {
      if (error !== null) break
      const times = this.#failing.get(call) ?? 0
      if (times <= 0) continue
      if (times === 1) this.#failing.delete(call)
      else this.#failing.set(call, times - 1)
      error = new DiskError('EIO', what)
    }
    if (error !== null) this.#onEvent(error.message)
    return error
  }

  /** How long a call takes. Syncs are quick mostly, and terribly slow now and then. */
  latency(call: DiskCall): Millis {
    const random = this.#random
    if (this.stuck && call === 'sync') return 1_000 + 5_000 * random.next()
    const factor = this.slow ? 50 : 1
    if (call === 'sync') {
      const isStuck = random.chance(0.01)
      return factor * (isStuck ? 20 + 480 * random.next() : 0.2 + 2.8 * random.next())
    }
    const [least, most] = latencies[call]
    return factor * (least + (most - least) * random.next())
  }
}

const latencies = { read: [0.02, 0.1], write: [0.01, 0.05], file: [0, 0], open: [1, 10] } as const
