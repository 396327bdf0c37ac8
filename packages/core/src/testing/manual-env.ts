import type { Env } from '../base/env.ts'
import type { Cancel } from '../base/time.ts'
import { seededRandom } from './seeded-random.ts'

interface Waiting {
  readonly at: number
  readonly order: number
  readonly call: () => void
}

/** An `Env` in which time moves only when told. */
export interface ManualEnv extends Env {
  /** Moves time on, calling what falls due on the way, in order. */
  advance(ms: number): void
  /** Calls what waits for the end of the turn, until nothing does. */
  turn(): void
  /** Timers that wait. */
  readonly waiting: number
}

export function manualEnv(seed = 1, start = 1_700_000_000_000): ManualEnv {
  let ticks = 0
  let order = 0
  const timers = new Set<Waiting>()
  let soon: (() => void)[] = []
  const turn = () => {
    while (soon.length > 0) {
      const calls = soon
      soon = []
      for (const call of calls) call()
    }
  }
  const firstDue = (until: number) => {
    let first: Waiting | null = null
    for (const timer of timers) {
      if (timer.at > until) continue
      if (first === null || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer
    }
    return first
  }
  return {
    clock: { now: () => start + ticks, ticks: () => ticks },
    timers: {
      after(ms, call): Cancel {
        const timer: Waiting = { at: ticks + Math.max(0, ms), order: order++, call }
        timers.add(timer)
        return () => timers.delete(timer)
      },
      soon(call) {
        soon.push(call)
      },
    },
    random: seededRandom(seed),
    get waiting() {
      return timers.size
    },
    turn,
    advance(ms) {
      const until = ticks + ms
      turn()
      for (let due = firstDue(until); due !== null; due = firstDue(until)) {
        ticks = Math.max(ticks, due.at)
        timers.delete(due)
        due.call()
        turn()
      }
      ticks = until
    },
  }
}
