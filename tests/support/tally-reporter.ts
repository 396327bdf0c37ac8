import { writeSync } from 'node:fs'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'

/** What the note of a skip begins with when the machine does not allow what the test does, and nothing could change that. */
export const forbiddenHere = 'forbidden here: '

/**
 * Prints one last line alone, `N passed, N failed`, with `, N skipped` where there are any; before it, one line for each
 * test that the machine does not allow. Those are no reason to be red: nobody could make them run there.
 */
export class TallyReporter implements Reporter {
  #text = ''

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const lines = forbidden(modules)
    this.#text = [...lines, tallyLine(tally(modules, unhandled.length))].join('\n')
    // Other reporters write their summary in the same hook: the tally waits until nothing is left to say.
    process.once('exit', () => writeSync(1, `\n${this.#text}\n`))
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

function forbidden(modules: readonly TestModule[]): string[] {
  return modules.flatMap(module =>
    [...module.children.allTests('skipped')]
      .filter(isForbidden)
      .map(test => `skipped: ${test.name}: ${(test.result() as { note?: string }).note}`),
  )
}

function isForbidden(test: TestCase): boolean {
  const result = test.result()
  return result.state === 'skipped' && result.note?.startsWith(forbiddenHere) === true
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
      else if (!isForbidden(test)) count.skipped++
    }
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1
    count.failed += failedHere
  }
  return count
}
