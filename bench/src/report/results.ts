/**
 * The results file: per scenario the latest figures, so that one scenario can be measured again without the others.
 * A scenario is the smallest part: its figures are ratios' two sides, so they come from one run.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerId } from '../scenario.ts'
import type { Machine } from './machine.ts'

export interface ScenarioResult {
  /** ISO date and time of the last run. */
  readonly measuredAt: string
  /** The commit that was measured; with a `+` behind it when our packages had changes that were not committed. */
  readonly commit?: string
  /** How long all runs of all servers took. */
  readonly seconds?: number
  readonly machine: Machine
  /** Load average of the machine over one minute when the scenario began: above 1, others were working. */
  readonly loadBefore: number
  /** By server and measure: the figure of every run, in order. */
  readonly runs: Partial<Record<ServerId, Readonly<Record<string, readonly number[]>>>>
  /** Servers that could not be measured, and why. */
  readonly missing: Partial<Record<ServerId, string>>
  /** Where our server's time went in a run of its own that counts for nothing else. */
  readonly profile?: Profile
}

/** Self time of our server while a scenario ran, idle time left out. */
export interface Profile {
  readonly measuredAt: string
  readonly commit: string
  readonly server: ServerId
  /** Milliseconds in which the main thread was not idle. */
  readonly busyMs: number
  /** Shares of that by where the code lives, largest first. */
  readonly groups: readonly ProfileShare[]
  /** The functions with the largest shares. */
  readonly functions: readonly ProfileShare[]
}

export interface ProfileShare {
  readonly name: string
  readonly share: number
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

/** Puts results of several folders together: of each scenario the latest, of each profile the latest. */
export function mergeResults(parts: readonly Results[]): Results {
  const merged: Results = {}
  for (const part of parts) {
    for (const [id, result] of Object.entries(part)) {
      const known = merged[id]
      const newer = known === undefined || known.measuredAt <= result.measuredAt ? result : known
      const profiles = [known?.profile, result.profile].filter(profile => profile !== undefined)
      const profile = profiles.toSorted((a, b) => a.measuredAt.localeCompare(b.measuredAt)).at(-1)
      merged[id] = profile === undefined ? newer : { ...newer, profile }
    }
  }
  return merged
}

/**
 * Adds runs to what the same commit gave before, so that a long bench can be done in rounds. Figures of another commit are
 * not kept beside these: they go.
 */
export function addRuns(known: ScenarioResult | undefined, measured: ScenarioResult): ScenarioResult {
  if (known === undefined || known.commit !== measured.commit) return measured
  const runs: Partial<Record<ServerId, Record<string, readonly number[]>>> = { ...known.runs }
  for (const [server, measures] of Object.entries(measured.runs) as [ServerId, Record<string, readonly number[]>][]) {
    const figures = { ...runs[server] }
    for (const [name, values] of Object.entries(measures)) figures[name] = [...(figures[name] ?? []), ...values]
    runs[server] = figures
  }
  return {
    ...measured,
    seconds: (known.seconds ?? 0) + (measured.seconds ?? 0),
    loadBefore: Math.max(known.loadBefore, measured.loadBefore),
    runs,
    missing: { ...known.missing, ...measured.missing },
  }
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
