import { describe, expect, test } from 'vitest'
import { longestWaitMs, Pacing } from './pacing.ts'

/** Plays edits that come at `times` through, and returns how long each waited, and how many batches there were. */
function played(times: readonly number[], readers: number) {
  const pacing = new Pacing()
  const longest = longestWaitMs(readers)
  const waits: number[] = []
  let batches = 0
  let queue: number[] = []
  let due = Number.POSITIVE_INFINITY
  const begin = (now: number) => {
    pacing.begin(now, longest)
    batches++
    for (const came of queue) waits.push(now - came)
    queue = []
    due = Number.POSITIVE_INFINITY
  }
  for (const now of [...times, Number.POSITIVE_INFINITY]) {
    if (due < now) begin(due)
    if (now === Number.POSITIVE_INFINITY) break
    queue.push(now)
    due = Math.min(due, pacing.keptUntil(now, longest, queue[0] as number, queue.length))
    if (due <= now) begin(now)
  }
  return { waits: waits.toSorted((a, b) => a - b), batches }
}

const every = (ms: number) => Array.from({ length: 1_000 }, (_, i) => 1_000 + i * ms)

describe('pacing', () => {
  test('[ROOM13] few readers: nothing waits', () => {
    expect(played(every(1), 12)).toMatchObject({ batches: 1_000 })
    expect(played(every(1), 12).waits.at(-1)).toBe(0)
  })

  test('[ROOM13] many readers: edits in quick succession go together, most without having waited', () => {
    const { waits, batches } = played(every(5), 51)
    expect(batches).toBeLessThan(620)
    expect(waits[640]).toBe(5)
    expect(waits[560]).toBe(0)
  })

  test('[ROOM13] none waits longer than 7 ms, however they come', () => {
    for (const ms of [0.1, 1, 3, 6, 6.9, 7, 8]) {
      for (const readers of [13, 51, 1_000]) {
        expect(played(every(ms), readers).waits.at(-1)).toBeLessThanOrEqual(7)
      }
    }
  })

  test('[ROOM13] an edit after a pause does not wait, nor does the next', () => {
    const { waits } = played([...every(0.1), 1_200, 1_201], 1_000)
    expect(waits.filter(wait => wait === 0).length).toBeGreaterThanOrEqual(2)
    expect(played([1_000, 1_001], 1_000).waits).toEqual([0, 0])
  })

  test('[ROOM13] many that come at once are kept no longer than 7 ms after those before', () => {
    const bursts = Array.from({ length: 50 }, (_, i) =>
      Array.from({ length: 100 }, (_, at) => 1_000 + 5 * i + at / 1_000),
    )
    const { waits, batches } = played(bursts.flat(), 51)
    expect(waits.at(-1)).toBeLessThanOrEqual(7)
    expect(batches).toBeGreaterThanOrEqual(Math.floor((50 * 5) / 7))
  })

  test('[ROOM13] edits slower than that are never kept', () => {
    expect(played(every(10), 1_000).batches).toBe(1_000)
  })
})
