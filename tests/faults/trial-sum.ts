import type { WorkloadReport } from './store-workload.ts'

const summed = ['acknowledged', 'refused', 'notOpened', 'lost', 'shown'] as const

/** What many lives with a fault came to. */
export class TrialSum {
  /** What must not be, each with its trial. */
  readonly wrong: string[] = []
  #trials = 0
  #hit = 0
  #ended = 0
  #wellAfterMs = 0
  readonly #sum = { acknowledged: 0, refused: 0, notOpened: 0, lost: 0, shown: 0 }

  add(trial: string, report: WorkloadReport, failed: number): void {
    this.#trials++
    if (failed > 0) this.#hit++
    for (const what of summed) this.#sum[what] += report[what]
    this.#wellAfterMs = Math.max(this.#wellAfterMs, report.wellAfterMs)
    if (report.lost > 0) this.wrong.push(`${trial}: ${report.lost} lost`)
    for (const each of report.wrong) this.wrong.push(`${trial}: ${each}`)
  }

  /** The process did not survive it. */
  addEnd(trial: string, how: string): void {
    this.#trials++
    this.#hit++
    this.#ended++
    this.wrong.push(`${trial}: the process ended with ${how}`)
  }

  figures(): Record<string, number> {
    const { acknowledged, refused, notOpened, lost, shown } = this.#sum
    return {
      trials: this.#trials,
      'that hit': this.#hit,
      'processes ended': this.#ended,
      'openings refused': notOpened,
      acknowledged,
      refused,
      lost,
      'refused, closed without a probe and there later': shown,
      'ms until well again, worst': this.#wellAfterMs,
    }
  }
}
