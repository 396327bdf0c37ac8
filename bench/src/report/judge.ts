import type { Goal, GoalLevel, Row } from '../scenario.ts'
import { betterPeer, medianOf, ourColumn } from './figures.ts'
import { shortNames } from './names.ts'
import type { ScenarioResult } from './results.ts'
import { round } from './round.ts'

/** A goal held against what was measured. */
export interface Verdict {
  readonly goal: Goal
  readonly level: GoalLevel
  /** The goal in words: `≥ 8 × YW`. */
  readonly wanted: string
  /** Ours : peer, or ours; undefined when either was not measured. */
  readonly got: number | undefined
  readonly held: boolean | undefined
}

/** Holds a row's goals against the medians. */
export function judge(row: Row, result: ScenarioResult | undefined): readonly Verdict[] {
  return row.goals.map(goal => {
    const got = result === undefined ? undefined : gotFor(goal, row, result)
    return { goal, level: goal.level ?? 'A', wanted: wantedFor(goal, row), got, held: holds(goal, got, 1) }
  })
}

/** Whether a figure meets a goal; ratios may fall short by the share that `slack` (1 for none) leaves. */
export function holds(goal: Goal, got: number | undefined, slack: number): boolean | undefined {
  if (got === undefined) return undefined
  if (goal.kind === 'absolute') return got <= goal.atMost
  return 'atLeast' in goal ? got >= goal.atLeast * slack : got <= goal.atMost / slack
}

function gotFor(goal: Goal, row: Row, result: ScenarioResult): number | undefined {
  const ours = medianOf(result, ourColumn(result, row.measure), row.measure)
  if (goal.kind === 'absolute') return ours
  const peer = goal.peer === 'better-peer' ? betterPeer(row, result) : medianOf(result, goal.peer, row.measure)
  return ours === undefined || peer === undefined ? undefined : ours / peer
}

function wantedFor(goal: Goal, row: Row): string {
  if (goal.kind === 'absolute') return `≤ ${goal.atMost} ${row.unit}`.trim()
  const name = goal.peer === 'better-peer' ? 'the better peer' : shortNames[goal.peer]
  return 'atLeast' in goal ? `≥ ${round(goal.atLeast)} × ${name}` : `≤ ${round(goal.atMost)} × ${name}`
}
