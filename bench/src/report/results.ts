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
  /** Every run's measures, by server. */
  readonly runs: Partial<Record<ServerId, readonly Record<string, number>[]>>
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
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, undefined, 1)}\n`)
}
