import { power } from '../../measure/statistics.ts'
import type { Goal, Measures, Row } from '../../scenario.ts'

/** The factor by which the figures `name@size` grow when the size grows tenfold, by the power that fits them best. */
export function timesTen(measures: Measures, name: string): number {
  const points = Object.entries(measures)
    .filter(([measure, value]) => measure.startsWith(`${name}@`) && value > 0)
    .map(([measure, value]) => [Number(measure.slice(name.length + 1)), value] as const)
  return points.length < 2 ? Number.NaN : 10 ** power(points)
}

/** Work may grow as the size does, and by a twentieth more. */
const goal: Goal = { kind: 'absolute', atMost: 10.5, level: 'B' }

/** A row for that factor, where the work itself grows tenfold. */
export function growthRow(measure: string, title: string): Row {
  return { measure: `${measure}TimesTen`, title, unit: '×', better: 'lower', goals: [goal] }
}

/** Where the work stays the same whatever the size, so that its cost should too. */
export function flatRow(measure: string, title: string): Row {
  return {
    measure: `${measure}TimesTen`,
    title,
    unit: '×',
    better: 'lower',
    goals: [{ kind: 'absolute', atMost: 1.05, level: 'B' }],
  }
}

/** Adds the factor of each of these names. */
export function withGrowth(measures: Measures, ...names: readonly string[]): Measures {
  const factors = names.map(name => [`${name}TimesTen`, timesTen(measures, name)] as const)
  return { ...measures, ...Object.fromEntries(factors) }
}
