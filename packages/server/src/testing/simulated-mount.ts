import type { Env } from '@tutti/core'
import type { DiskCall, DiskFaults } from './disk-faults.ts'

/** One process that has the disk, until it ends or the machine does. */
export class SimulatedMount {
  readonly env: Env
  readonly faults: DiskFaults
  #isOver = false

  constructor(env: Env, faults: DiskFaults) {
    this.env = env
    this.faults = faults
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** From now on nothing that this process does reaches the disk, and nothing it waits for comes. */
  end(): void {
    this.#isOver = true
  }

  /** Throws for a process that has ended: it cannot have asked. */
  refuseWhenOver(): void {
    if (this.#isOver) throw new Error('the process that had this disk has ended')
  }

  /** Calls after the time such a call takes, if there is still somebody to hear of it. */
  after(call: DiskCall, run: () => void): void {
    if (this.#isOver) return
    this.env.timers.after(this.faults.latency(call), () => {
      if (!this.#isOver) run()
    })
  }

  /** Resolves after the time of the first of these calls; rejects when one of them fails. */
  call(what: string, ...calls: readonly [DiskCall, ...DiskCall[]]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.after(calls[0], () => {
        const error = this.faults.strike(what, ...calls)
        if (error === null) resolve()
        else reject(error)
      })
    })
  }
}
