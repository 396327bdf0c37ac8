import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { addRuns, mergeResults, readResults, writeResults, type Profile } from './results.ts'
import { resultOf } from './testing.ts'

const early = '2026-01-01T10:00:00.000Z'
const late = '2026-01-01T11:00:00.000Z'

it('results are read as they were written, and none is an empty table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-results-'))
  try {
    expect(readResults(folder)).toEqual({})
    const results = { a: resultOf({ tutti: { m: [1, 2.5, 1e-7] } }) }
    writeResults(folder, results)
    expect(readResults(folder)).toEqual(results)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('of parts put together the latest of each scenario stays, and the latest profile', () => {
  const profile: Profile = { measuredAt: early, commit: 'x', server: 'tutti', busyMs: 1, groups: [], functions: [] }
  const old = { ...resultOf({ tutti: { m: [1] } }, early), profile }
  const now = resultOf({ tutti: { m: [2] } }, late)
  const other = resultOf({ yws: { m: [3] } }, early)
  for (const parts of [
    [{ a: old }, { a: now, b: other }],
    [{ a: now, b: other }, { a: old }],
  ])
    expect(mergeResults(parts)).toEqual({ a: { ...now, profile }, b: other })
})

it('runs are added to those of the same commit, and replace those of another', () => {
  const first = { ...resultOf({ tutti: { m: [1] }, yws: { m: [5] } }, early), loadBefore: 2, seconds: 10 }
  const second = { ...resultOf({ tutti: { m: [2, 3], n: [4] } }, late), seconds: 20 }
  expect(addRuns(first, second)).toEqual({
    ...second,
    seconds: 30,
    loadBefore: 2,
    runs: { tutti: { m: [1, 2, 3], n: [4] }, yws: { m: [5] } },
  })
  expect(addRuns({ ...first, commit: 'other' }, second)).toBe(second)
  expect(addRuns(undefined, second)).toBe(second)
})
