import { describe, expect, it } from 'vitest'
import type { Row } from '../scenario.ts'
import { regressions } from './regressions.ts'
import { resultOf, scenarioOf } from './testing.ts'

const watched: Row = {
  measure: 'm',
  title: 'M',
  unit: 'ms',
  better: 'lower',
  goals: [{ kind: 'absolute', atMost: 100 }],
}
const scenario = scenarioOf([watched], ['tutti', 'yws', 'ws-floor'])

/** Ours, the peer and the floor before and after. */
function fell(before: number[][], after: number[][], row: Row = watched): string[] {
  const result = ([ours = [], peer = [], floor = []]: number[][]) => ({
    'made-up': resultOf({ tutti: { m: ours }, yws: { m: peer }, 'ws-floor': { m: floor } }),
  })
  const found = regressions([{ ...scenario, rows: [row] }], result(before), result(after))
  return found.map(each => each.against)
}

describe('regressions', () => {
  it('a ratio to a peer or a floor that falls by more than the margin is one', () => {
    expect(fell([[10], [100], [5]], [[11.4], [100], [5]])).toEqual([])
    expect(fell([[10], [100], [5]], [[11.6], [100], [5]])).toEqual(['yws', 'ws-floor'])
  })

  it('a slower machine is none, a peer that got faster is', () => {
    expect(fell([[10], [100], [5]], [[20], [200], [10]])).toEqual([])
    expect(fell([[10], [100], [5]], [[10], [80], [5]])).toEqual(['yws'])
  })

  it('what is better never is', () => {
    expect(fell([[10], [100], [5]], [[1], [100], [5]])).toEqual([])
    const higher: Row = { ...watched, better: 'higher' }
    expect(fell([[10], [100], [5]], [[20], [100], [5]], higher)).toEqual([])
    expect(fell([[10], [100], [5]], [[8], [100], [5]], higher)).toEqual(['yws', 'ws-floor'])
  })

  it('a fall within the spread of the runs is none', () => {
    expect(fell([[10], [100], [5]], [[13, 9, 12.5], [100], [5]])).toEqual([])
    expect(fell([[10], [100], [5]], [[13, 11, 12.5], [100], [5]])).toEqual(['yws', 'ws-floor'])
  })

  it('a row may ask for another margin, and a row without goals is watched only then', () => {
    expect(fell([[10], [100], [5]], [[12], [100], [5]], { ...watched, margin: 0.3 })).toEqual([])
    expect(fell([[10], [100], [5]], [[99], [100], [5]], { ...watched, goals: [] })).toEqual([])
    expect(fell([[10], [100], [5]], [[99], [100], [5]], { ...watched, goals: [], margin: 0.3 })).toHaveLength(2)
  })

  it('what was not measured before or now is none', () => {
    expect(fell([[10], [], []], [[99], [100], [5]])).toEqual([])
    expect(regressions([scenario], {}, { 'made-up': resultOf({ tutti: { m: [1] } }) })).toEqual([])
  })
})
