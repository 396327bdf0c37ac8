/**
 * Goals that are missed and known to be: printed by every comparison with what was measured when they were written
 * down, and a failure again as soon as they get worse than that. `bench/known-misses.json` has them.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Verdict } from './judge.ts'
import { usualMargin } from './regressions.ts'

export interface KnownMiss {
  readonly scenario: string
  readonly measure: string
  /** The goal in the words of the table. */
  readonly wanted: string
  /** What was measured then. */
  readonly measured: number
  /** Why it stands, for whoever reads the list. */
  readonly because: string
}

export function readKnownMisses(folder: string): readonly KnownMiss[] {
  const file = join(folder, 'known-misses.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as KnownMiss[]) : []
}

/** The entry that speaks of this goal. */
export function knownMiss(
  known: readonly KnownMiss[],
  scenario: string,
  measure: string,
  verdict: Verdict,
): KnownMiss | undefined {
  return known.find(miss => miss.scenario === scenario && miss.measure === measure && miss.wanted === verdict.wanted)
}

/** Whether a missed goal is where the list says, or better. */
export function isAsKnown(miss: KnownMiss, verdict: Verdict): boolean {
  if (verdict.got === undefined) return false
  const most = 1 + usualMargin
  return 'atLeast' in verdict.goal ? verdict.got >= miss.measured / most : verdict.got <= miss.measured * most
}
