/** Did a ratio to a peer or a floor fall since the figures that are committed? */
import type { Row, Scenario, ServerId } from '../scenario.ts'
import { medianOf, ourColumn, runsOf } from './figures.ts'
import type { Results, ScenarioResult } from './results.ts'

/** A ratio that fell by more than its row allows. */
export interface Regression {
  readonly scenario: string
  readonly row: string
  readonly against: ServerId
  /** Ours : the other, by medians. */
  readonly before: number
  readonly after: number
  /** By which share it is worse now. */
  readonly fall: number
  readonly margin: number
}

export const usualMargin = 0.15

/** By which share a row may fall; undefined when it is not watched. */
export function marginOf(row: Row): number | undefined {
  return row.margin ?? (row.goals.length > 0 ? usualMargin : undefined)
}

/**
 * Ratios of `after` that fell below those of `before` by more than the margin. A fall within the spread of the runs is
 * none: it counts only when every run of ours is worse, against the median of the other, than the ratio was.
 */
export function regressions(scenarios: readonly Scenario[], before: Results, after: Results): readonly Regression[] {
  const found: Regression[] = []
  for (const scenario of scenarios) {
    const [old, now] = [before[scenario.id], after[scenario.id]]
    if (old === undefined || now === undefined) continue
    for (const row of scenario.rows)
      for (const against of scenario.servers) {
        const fall = fallOf(row, against, old, now)
        if (fall !== undefined) found.push({ scenario: scenario.id, row: row.title, against, ...fall })
      }
  }
  return found
}

function fallOf(
  row: Row,
  against: ServerId,
  old: ScenarioResult,
  now: ScenarioResult,
): Pick<Regression, 'before' | 'after' | 'fall' | 'margin'> | undefined {
  const margin = marginOf(row)
  const ours = ourColumn(now, row.measure)
  if (margin === undefined || against === ours) return undefined
  const before = ratio(medianOf(old, ours, row.measure), medianOf(old, against, row.measure))
  const peer = medianOf(now, against, row.measure)
  const after = ratio(medianOf(now, ours, row.measure), peer)
  if (before === undefined || after === undefined) return undefined
  const worse = (value: number): number => (row.better === 'lower' ? value / before : before / value) - 1
  const best = Math.min(...runsOf(now, ours, row.measure).map(value => worse(ratio(value, peer) ?? 0)))
  const fall = worse(after)
  return fall > margin && best > 0 ? { before, after, fall, margin } : undefined
}

function ratio(ours: number | undefined, other: number | undefined): number | undefined {
  return ours === undefined || other === undefined || ours === 0 || other === 0 ? undefined : ours / other
}
