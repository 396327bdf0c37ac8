import { writeSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** Prints one last line alone, `N passed, N failed`, with `, N skipped` where there are any. */
export class TallyReporter implements Reporter {
  #line = ''

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.#line = tallyLine(tally(modules, unhandled.length))
    // Other reporters write their summary in the same hook: the tally waits until nothing is left to say.
    process.once('exit', () => writeSync(1, `\n${this.#line}\n`))
  }
}

export interface Tally {
  passed: number
  failed: number
  skipped: number
}

export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** A file that could not be loaded and an error outside of any test count as failures: green must mean green. */
function tally(modules: readonly TestModule[], unhandled: number): Tally {
  const count: Tally = { passed: 0, failed: unhandled, skipped: 0 }
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') count.passed++
      else if (state === 'failed') failedHere++
      else count.skipped++
    }
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1
    count.failed += failedHere
  }
  return count
}
