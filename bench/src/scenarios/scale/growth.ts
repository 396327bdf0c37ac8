import { power } from '../../measure/statistics.ts'
import type { Goal, Measures, Row } from '../../scenario.ts'

type Points = readonly (readonly [size: number, value: number])[]

/** What figures `name@size` grow by when the size grows tenfold: for work that should not, by the power that fits all. */
export function fittedTenfold(measures: Measures, name: string): number {
  const points = pointsOf(measures, name)
  return points.length < 2 ? Number.NaN : 10 ** power(points)
}

/**
 * The same for work that grows with the size: the steepest there is between two sizes at least tenfold apart, because
 * costs that do not grow weigh on small sizes and would hide what the large ones do.
 */
export function steepestTenfold(measures: Measures, name: string): number {
  const points = pointsOf(measures, name)
  const pairs = points.flatMap(small => points.filter(large => large[0] >= 10 * small[0]).map(large => [small, large]))
  return pairs.length === 0 ? Number.NaN : Math.max(...pairs.map(pair => 10 ** power(pair)))
}

function pointsOf(measures: Measures, name: string): Points {
  return Object.entries(measures)
    .filter(([measure, value]) => measure.startsWith(`${name}@`) && value > 0)
    .map(([measure, value]) => [Number(measure.slice(name.length + 1)), value] as const)
}

/** A row for work that grows as the size does: it may cost a twentieth more than that. */
export function growthRow(measure: string, title: string): Row {
  return tenfoldRow(measure, title, { kind: 'absolute', atMost: 10.5, level: 'B' })
}

/** A row for work that stays the same whatever the size: it may cost a twentieth more at ten times the size. */
export function flatRow(measure: string, title: string): Row {
  return tenfoldRow(measure, title, { kind: 'absolute', atMost: 1.05, level: 'B' })
}

function tenfoldRow(measure: string, title: string, goal: Goal): Row {
  return { measure: `${measure}Tenfold`, title, unit: '×', better: 'lower', goals: [goal] }
}

/** Adds the factors of these names. */
export function withGrowth(
  measures: Measures,
  { growing = [], flat = [] }: { readonly growing?: readonly string[]; readonly flat?: readonly string[] },
): Measures {
  const factors = [
    ...growing.map(name => [`${name}Tenfold`, steepestTenfold(measures, name)] as const),
    ...flat.map(name => [`${name}Tenfold`, fittedTenfold(measures, name)] as const),
  ]
  return { ...measures, ...Object.fromEntries(factors) }
}
