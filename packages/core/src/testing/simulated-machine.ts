import type { Env } from '../base/env.ts'
import type { Cancel, Clock, Millis, Timers } from '../base/time.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedTime } from './simulated-time.ts'

export interface MachineOptions {
  readonly time: SimulatedTime
  readonly random: SeededRandom
  /** How far its wall clock is off. */
  readonly skewMs?: Millis
  /** How much faster its clock runs: 0.01 is one percent. */
  readonly drift?: number
}

/** What the wall clock of a machine without skew says when a simulation begins. */
const beginning: Millis = 1_700_000_000_000

/**
 * A process with a life of its own in simulated time: its clock may be off, run fast, or be set; it may be stopped for a
 * while (a sleeping laptop, a long garbage collection), and it may die in the middle of anything: then nothing it had
 * planned happens, and no promise it waits for settles.
 */
export class SimulatedMachine implements Env {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: SeededRandom
  readonly #time: SimulatedTime
  readonly #drift: number
  #stepMs: Millis
  #asleepUntil: Millis = 0
  /** What it will do when it wakes up. */
  readonly #waiting: (() => void)[] = []
  #isDead = false

  constructor({ time, random, skewMs = 0, drift = 0 }: MachineOptions) {
    this.#time = time
    this.#drift = drift
    this.#stepMs = skewMs
    this.random = random
    const booted = time.now
    this.clock = {
      now: () => Math.round(beginning + time.now * (1 + drift) + this.#stepMs),
      ticks: () => (time.now - booted) * (1 + drift),
    }
    this.timers = {
      after: (ms, call) => this.#plan(Math.max(0, ms) / (1 + this.#drift), call),
      soon: call => void this.#plan(0, call),
    }
  }

  get isAsleep(): boolean {
    return this.#time.now < this.#asleepUntil
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Something from outside (a packet, a signal) makes it run: when it is awake, in order, and never when it is dead. */
  wake(call: () => void): void {
    if (this.#isDead) return
    if (this.#waiting.length === 0 && this.#time.now >= this.#asleepUntil) return call()
    if (this.#waiting.push(call) === 1) this.#time.at(this.#asleepUntil, this.#next)
  }

  /** Stops running for a while. Its clocks go on. */
  sleep(ms: Millis): void {
    this.#asleepUntil = Math.max(this.#asleepUntil, this.#time.now + ms)
  }

  /** Somebody sets its wall clock. */
  stepClock(ms: Millis): void {
    this.#stepMs += ms
  }

  die(): void {
    this.#isDead = true
  }

  /** One thing a turn, as they came. */
  readonly #next = (): void => {
    if (this.#isDead) return
    if (this.#time.now < this.#asleepUntil) return void this.#time.at(this.#asleepUntil, this.#next)
    const [call] = this.#waiting
    call?.()
    this.#waiting.shift()
    if (this.#waiting.length > 0) this.#time.after(0, this.#next)
  }

  #plan(ms: Millis, call: () => void): Cancel {
    // Also one that fell due while it slept can be cancelled before it wakes.
    let isCancelled = false
    const cancel = this.#time.after(ms, () =>
      this.wake(() => {
        if (!isCancelled) call()
      }),
    )
    return () => {
      isCancelled = true
      cancel()
    }
  }
}
