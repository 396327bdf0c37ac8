import { systemEnv } from '../base/system.ts'
import type { Cancel, Millis } from '../base/time.ts'

interface Planned {
  readonly at: Millis
  readonly order: number
  readonly call: () => void
  isCancelled: boolean
}

/**
 * Time that passes only when it is told to, for everything in one simulation: what is planned happens at its moment, in the
 * order in which it was planned, and promises settle in between as they do between two turns of an event loop.
 */
export class SimulatedTime {
  /** A binary heap: the next one first. */
  readonly #planned: Planned[] = []
  #now: Millis = 0
  #order = 0
  #turns = 0

  /** Milliseconds since the simulation began. */
  get now(): Millis {
    return this.#now
  }

  /** Turns taken so far. */
  get turns(): number {
    return this.#turns
  }

  /** Plans a call, at once at the earliest. */
  at(moment: Millis, call: () => void): Cancel {
    const planned: Planned = { at: Math.max(moment, this.#now), order: this.#order++, call, isCancelled: false }
    this.#push(planned)
    return () => {
      planned.isCancelled = true
    }
  }

  after(ms: Millis, call: () => void): Cancel {
    return this.at(this.#now + ms, call)
  }

  /** Lets everything happen until `moment`. Rejects with what a call throws. */
  async runUntil(moment: Millis): Promise<void> {
    await settled()
    for (let next = this.#planned[0]; next !== undefined && next.at <= moment; next = this.#planned[0]) {
      this.#pop()
      if (next.isCancelled) continue
      this.#now = next.at
      this.#turns++
      next.call()
      await settled()
    }
    this.#now = Math.max(this.#now, moment)
  }

  #push(planned: Planned): void {
    const heap = this.#planned
    let at = heap.length
    heap.push(planned)
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isBefore(planned, heap[above] as Planned)) break
      heap[at] = heap[above] as Planned
      at = above
    }
    heap[at] = planned
  }

  #pop(): void {
    const heap = this.#planned
    const last = heap.pop() as Planned
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Planned, heap[below] as Planned)) below++
      if (!isBefore(heap[below] as Planned, last)) break
      heap[at] = heap[below] as Planned
      at = below
    }
    heap[at] = last
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Resolves when every promise that can settle without time passing has. */
function settled(): Promise<void> {
  return new Promise(resolve => systemEnv.timers.soon(resolve))
}
