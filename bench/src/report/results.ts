/** The results file: per scenario the latest figures, so that one scenario can be measured again without the others. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerId } from '../scenario.ts'
import type { Machine } from './machine.ts'

export interface ScenarioResult {
  /** ISO date and time of the last run. */
  readonly measuredAt: string
  readonly machine: Machine
  /** Load average of the machine over one minute when the scenario began: above 1, others were working. */
  readonly loadBefore: number
  /** By server and measure: the figure of every run, in order. */
  readonly runs: Partial<Record<ServerId, Readonly<Record<string, readonly number[]>>>>
  /** Servers that could not be measured, and why. */
  readonly missing: Partial<Record<ServerId, string>>
}

export type Results = Record<string, ScenarioResult>

/** Reads the results in a folder; nothing measured yet is an empty table. */
export function readResults(folder: string): Results {
  const file = join(folder, 'results.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}
}

export function writeResults(folder: string, results: Results): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'results.json'), serialise(results))
}

/** Two spaces, numbers of one measure on one line: what the formatter of this repository would write. */
function serialise(results: Results): string {
  const text = JSON.stringify(results, undefined, 2)
  return `${text.replaceAll(
    /\[[\s\d.,e+-]+\]/g,
    list =>
      `[${list
        .slice(1, -1)
        .trim()
        .split(/\s*,\s*/)
        .join(', ')}]`,
  )}\n`
}
