import { describe, expect, it } from 'vitest'
import type { Goal, Row } from '../scenario.ts'
import { floorRatios } from './figures.ts'
import { judge } from './judge.ts'
import { isAsKnown, knownMiss } from './known-misses.ts'
import { resultOf } from './testing.ts'

const row = (better: Row['better'], ...goals: Goal[]): Row => ({ measure: 'm', title: 'M', unit: 'ms', better, goals })

describe('goals', () => {
  it('a ratio is that of the medians', () => {
    const result = resultOf({ tutti: { m: [10, 30, 20] }, yws: { m: [100, 50, 40] } })
    const [verdict] = judge(row('lower', { kind: 'ratio', peer: 'yws', atMost: 0.4 }), result)
    expect(verdict).toMatchObject({ got: 0.4, held: true, wanted: '≤ 0.4 × YW', level: 'A' })
  })

  it('our own wire stands in only where the stock one was not measured', () => {
    const goal: Goal = { kind: 'absolute', atMost: 5, level: 'B' }
    expect(judge(row('lower', goal), resultOf({ 'tutti-native': { m: [4] } }))[0]).toMatchObject({ got: 4, held: true })
    const both = resultOf({ tutti: { m: [6] }, 'tutti-native': { m: [4] } })
    expect(judge(row('lower', goal), both)[0]).toMatchObject({ got: 6, held: false, level: 'B', wanted: '≤ 5 ms' })
  })

  it('the better peer is the best one, whichever way is good', () => {
    const result = resultOf({ tutti: { m: [2] }, yws: { m: [4] }, hocus: { m: [1] }, 'ws-floor': { m: [0.1] } })
    expect(judge(row('lower', { kind: 'ratio', peer: 'better-peer', atMost: 1 }), result)[0]).toMatchObject({ got: 2 })
  })

  it('what was not measured is neither held nor missed', () => {
    const goal: Goal = { kind: 'ratio', peer: 'yws', atLeast: 8 }
    expect(judge(row('higher', goal), resultOf({ tutti: { m: [1] } }))[0]).toMatchObject({ held: undefined })
    expect(judge(row('higher', goal), undefined)[0]).toMatchObject({ got: undefined, held: undefined })
  })

  it('ours is set against every floor that was measured', () => {
    const result = resultOf({ tutti: { m: [6] }, 'ws-floor': { m: [2] }, yws: { m: [1] } })
    expect(floorRatios(row('lower'), result)).toEqual([{ floor: 'ws-floor', ratio: 3 }])
  })
})

describe('known misses', () => {
  const miss = { scenario: 's', measure: 'm', wanted: '≤ 5 ms', measured: 6, because: 'of the disk' }
  const verdict = (ms: number) =>
    judge(row('lower', { kind: 'absolute', atMost: 5 }), resultOf({ tutti: { m: [ms] } }))[0]!

  it('are found by scenario, row and goal', () => {
    expect(knownMiss([miss], 's', 'm', verdict(6))).toBe(miss)
    expect(knownMiss([miss], 's', 'other', verdict(6))).toBeUndefined()
    expect(knownMiss([{ ...miss, wanted: '≤ 4 ms' }], 's', 'm', verdict(6))).toBeUndefined()
  })

  it('excuse nothing that got worse', () => {
    expect(isAsKnown(miss, verdict(6.8))).toBe(true)
    expect(isAsKnown(miss, verdict(7))).toBe(false)
  })

  it('read a rate the other way round', () => {
    const rate = (got: number) =>
      judge(
        row('higher', { kind: 'ratio', peer: 'yws', atLeast: 8 }),
        resultOf({ tutti: { m: [got] }, yws: { m: [1] } }),
      )[0]!
    expect(isAsKnown({ ...miss, measured: 6 }, rate(5.5))).toBe(true)
    expect(isAsKnown({ ...miss, measured: 6 }, rate(5))).toBe(false)
  })
})
