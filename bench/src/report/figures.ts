/** Figures out of results: medians, spreads, and which of them is ours. */
import { median } from '../measure/statistics.ts'
import { floorIds, type Row, type ServerId } from '../scenario.ts'
import type { ScenarioResult } from './results.ts'

/** The figures of all runs of a measure on one server; empty when it was not measured there. */
export function runsOf(result: ScenarioResult, server: ServerId, measure: string): readonly number[] {
  return (result.runs[server]?.[measure] ?? []).filter(value => Number.isFinite(value))
}

/** The median of a measure on one server, or undefined when it was not measured there. */
export function medianOf(result: ScenarioResult, server: ServerId, measure: string): number | undefined {
  const values = runsOf(result, server, measure)
  return values.length === 0 ? undefined : median(values)
}

/** Which of our two columns is held against others: the stock wire where it was measured, the same load as the peers'. */
export function ourColumn(result: ScenarioResult, measure: string): ServerId {
  return medianOf(result, 'tutti', measure) === undefined ? 'tutti-native' : 'tutti'
}

/** The median of the best peer for that row. */
export function betterPeer(row: Row, result: ScenarioResult): number | undefined {
  const peers: readonly ServerId[] = ['yws', 'yws-leveldb', 'hocus', 'hocus-sqlite']
  const values = peers.map(peer => medianOf(result, peer, row.measure)).filter(value => value !== undefined)
  if (values.length === 0) return undefined
  return row.better === 'higher' ? Math.max(...values) : Math.min(...values)
}

/** Ours to each floor that was measured. */
export function floorRatios(row: Row, result: ScenarioResult): readonly { floor: ServerId; ratio: number }[] {
  const ours = medianOf(result, ourColumn(result, row.measure), row.measure)
  return floorIds.flatMap(floor => {
    const value = medianOf(result, floor, row.measure)
    return ours === undefined || value === undefined || value === 0 ? [] : [{ floor, ratio: ours / value }]
  })
}
