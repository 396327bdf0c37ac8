import type { Scenario } from '../scenario.ts'
import { bars } from './bars.ts'
import { drawCurve } from './curves.ts'
import type { Results } from './results.ts'

/** One picture of the results page. */
export interface Plot {
  readonly scenario: string
  readonly title: string
  /** Its name in the folder of plots. */
  readonly file: string
  readonly svg: string
}

/** Every plot that the results can fill. */
export function plots(results: Results, scenarios: readonly Scenario[]): readonly Plot[] {
  return scenarios.flatMap(scenario => {
    const result = results[scenario.id]
    if (result === undefined) return []
    const drawn = [
      { title: scenario.title, file: `${scenario.id}.svg`, svg: bars(scenario, result) },
      ...(scenario.curves ?? []).map(curve => ({
        title: curve.title,
        file: `${scenario.id}-${curve.id}.svg`,
        svg: drawCurve(curve, scenario, result),
      })),
    ]
    return drawn.flatMap(({ svg, ...rest }) => (svg === undefined ? [] : [{ scenario: scenario.id, ...rest, svg }]))
  })
}
