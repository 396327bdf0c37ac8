import { describe, expect, it } from 'vitest'
import { serverKinds } from '../servers/index.ts'
import { scenarios } from './index.ts'
import { timesTen } from './scale/growth.ts'

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

it('ten times the size is read off the power that fits', () => {
  expect(timesTen({ 'cpu@10': 2, 'cpu@100': 20, 'cpu@1000': 200, cpuTimesTen: 3 }, 'cpu')).toBeCloseTo(10)
  expect(timesTen({ 'cpu@10': 5, 'cpu@1000': 5 }, 'cpu')).toBeCloseTo(1)
  expect(timesTen({ 'cpu@10': 5 }, 'cpu')).toBeNaN()
})
