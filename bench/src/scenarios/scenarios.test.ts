import { describe, expect, it } from 'vitest'
import { serverKinds } from '../servers/index.ts'
import { scenarios } from './index.ts'
import { fittedTenfold, steepestTenfold } from './scale/growth.ts'

describe('every scenario', () => {
  it('has an id of its own, knows its servers, and says how long it takes', () => {
    expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length)
    const known = serverKinds.map(kind => kind.id)
    for (const { servers, seconds } of scenarios) {
      expect(known).toEqual(expect.arrayContaining([...servers]))
      expect(seconds).toBeGreaterThan(0)
    }
  })

  it.each(scenarios.map(scenario => [scenario.id, scenario] as const))(
    '%s names each row once, and peers that it measures',
    (_id, { rows, servers }) => {
      expect(new Set(rows.map(row => row.measure)).size).toBe(rows.length)
      for (const { goals } of rows)
        for (const goal of goals)
          if (goal.kind === 'ratio' && goal.peer !== 'better-peer') expect(servers).toContain(goal.peer)
    },
  )
})

describe('ten times the size', () => {
  it('costs what the power that fits all sizes says, where the work stays the same', () => {
    expect(fittedTenfold({ 'cpu@10': 2, 'cpu@100': 20, 'cpu@1000': 200, cpuTenfold: 3 }, 'cpu')).toBeCloseTo(10)
    expect(fittedTenfold({ 'cpu@10': 5, 'cpu@1000': 5 }, 'cpu')).toBeCloseTo(1)
    expect(fittedTenfold({ 'cpu@10': 5 }, 'cpu')).toBeNaN()
  })

  it('costs what the steepest tenfold says, where the work grows: a fixed cost hides nothing', () => {
    const withFixedCost = { 'cpu@10': 100 + 1, 'cpu@100': 100 + 10, 'cpu@1000': 100 + 2000 }
    expect(steepestTenfold(withFixedCost, 'cpu')).toBeCloseTo(2100 / 110)
    expect(steepestTenfold({ 'cpu@100000': 1, 'cpu@259778': 9 }, 'cpu')).toBeNaN()
  })
})
