import { median } from '../measure/statistics.ts'
import type { Goal, Row, ServerId } from '../scenario.ts'
import type { ScenarioResult } from './results.ts'

/** A goal held against what was measured. */
export interface Verdict {
  readonly goal: Goal
  /** The goal in words: `≥ 8 × YW`. */
  readonly wanted: string
  /** Ours : peer, or ours; undefined when either was not measured. */
  readonly got: number | undefined
  readonly held: boolean | undefined
}

const shortNames: Readonly<Record<ServerId, string>> = {
  tutti: 'ours',
  'tutti-native': 'ours, own wire',
  yws: 'YW',
  'yws-leveldb': 'YWL',
  hocus: 'HP',
  'hocus-sqlite': 'HPS',
  'y-indexeddb': 'YI',
  'y-doc': 'Y.Doc',
}

/** The median of a measure on one server, or undefined when it was not measured there. */
export function medianOf(result: ScenarioResult, server: ServerId, measure: string): number | undefined {
  const values = (result.runs[server]?.[measure] ?? []).filter(value => Number.isFinite(value))
  return values.length === 0 ? undefined : median(values)
}

/** Holds a row's goals against the medians. */
export function judge(row: Row, result: ScenarioResult): readonly Verdict[] {
  // In the stock wire where that can be measured: the same load as the peers'.
  const ours = medianOf(result, 'tutti', row.measure) ?? medianOf(result, 'tutti-native', row.measure)
  return row.goals.map(goal => {
    if (goal.kind === 'absolute') {
      return {
        goal,
        wanted: `≤ ${goal.atMost} ${row.unit}`.trim(),
        got: ours,
        held: ours === undefined ? undefined : ours <= goal.atMost,
      }
    }
    const peer = goal.peer === 'better-peer' ? betterPeer(row, result) : medianOf(result, goal.peer, row.measure)
    const name = goal.peer === 'better-peer' ? 'the better peer' : shortNames[goal.peer]
    const got = ours === undefined || peer === undefined ? undefined : ours / peer
    if ('atLeast' in goal) {
      return {
        goal,
        wanted: `≥ ${goal.atLeast} × ${name}`,
        got,
        held: got === undefined ? undefined : got >= goal.atLeast,
      }
    }
    return {
      goal,
      wanted: `≤ ${round(goal.atMost)} × ${name}`,
      got,
      held: got === undefined ? undefined : got <= goal.atMost,
    }
  })
}

function betterPeer(row: Row, result: ScenarioResult): number | undefined {
  const peers: readonly ServerId[] = ['yws', 'yws-leveldb', 'hocus', 'hocus-sqlite']
  const values = peers.map(peer => medianOf(result, peer, row.measure)).filter(value => value !== undefined)
  if (values.length === 0) return undefined
  return row.better === 'higher' ? Math.max(...values) : Math.min(...values)
}

/** Three significant digits, with thousands set apart. */
export function round(value: number): string {
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.min(digits, 4), maximumSignificantDigits: 3 })
}
