import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DeleteSet } from './delete-set.ts'
import { stateDigest } from './digest.ts'
import { scanUpdate } from './scan.ts'
import { storedLimits } from './limits.ts'

const range = fc.tuple(fc.constantFrom(1, 2), fc.nat(60), fc.integer({ min: 1, max: 9 }))
/** Single ranges, and batches of them. */
const batches = fc.array(
  fc.oneof(fc.array(range, { maxLength: 3 }), fc.array(range, { minLength: 20, maxLength: 60 })),
  {
    maxLength: 8,
  },
)

function byClient(ranges: readonly (readonly [number, number, number])[]): number[] {
  return [...ranges].sort((a, b) => a[0] - b[0]).flat()
}

test('[DOC9] it answers as a set of ticks does', () => {
  fc.assert(
    fc.property(batches, fc.array(range), (all, asked) => {
      const set = new DeleteSet()
      const ticks = new Set<string>()
      for (const batch of all) {
        if (batch.length === 1) set.add(...(batch[0] as [number, number, number]))
        else set.addAll(byClient(batch))
        for (const [client, clock, length] of batch)
          for (let i = 0; i < length; i++) ticks.add(`${client} ${clock + i}`)
      }
      for (const [client, clock, length] of asked) {
        const every = Array.from({ length }, (_, i) => ticks.has(`${client} ${clock + i}`)).every(Boolean)
        expect(set.has(client, clock, length)).toBe(every)
      }
      let count = 0
      for (const [, ranges] of set.entries()) {
        let before = -1
        for (let i = 0; i < ranges.length; i += 2) {
          expect(ranges[i]).toBeGreaterThan(before)
          before = ranges[i + 1] as number
          count += before - (ranges[i] as number)
        }
      }
      expect(count).toBe(ticks.size)
      expect(set.isEmpty).toBe(ticks.size === 0)
      const scan = scanUpdate(Uint8Array.of(0, ...set.encode()), storedLimits)
      if (!scan.ok) throw new Error(scan.error.message)
      const read = new DeleteSet()
      read.addAll(scan.value.deletes)
      expect([...read.encode()]).toEqual([...set.encode()])
    }),
    { numRuns: 500 },
  )
})

test('[DOC5] the digest does not depend on the order in which clients and deletions were learnt', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), fc.array(fc.tuple(fc.nat(9), fc.nat(99))), (ranges, clocks) => {
      const there = new DeleteSet()
      const back = new DeleteSet()
      for (const [client, clock, length] of ranges) there.add(client, clock, length)
      for (const [client, clock, length] of [...ranges].reverse()) back.add(client, clock, length)
      const vector = new Map(clocks)
      const digest = stateDigest(vector, there.entries())
      expect(stateDigest(new Map([...vector].reverse()), [...back.entries()].reverse())).toBe(digest)
      expect(digest).toMatch(/^[0-9a-f]{16}$/)
      const more = new DeleteSet()
      more.addAll([7, 500, 1])
      expect(stateDigest(vector, [...there.entries(), ...more.entries()])).not.toBe(digest)
    }),
  )
})

test('[DOC5] a digest that is kept up to date is that of the same ranges read anew', () => {
  fc.assert(
    fc.property(batches, all => {
      const set = new DeleteSet()
      for (const batch of all) {
        if (batch.length === 1) set.add(...(batch[0] as [number, number, number]))
        else set.addAll(byClient(batch))
        expect(set.digestSum().hex()).toBe(stateDigest([], set.entries()))
      }
    }),
    { numRuns: 500 },
  )
})

test('[DOC9] half a million ranges in any order are added in no time', () => {
  const count = 500_000
  const set = new DeleteSet()
  const falling: number[] = []
  for (let i = count; i > 0; i--) falling.push(1, i * 2, 1)
  // Time of this process alone: others share the machine.
  const from = process.cpuUsage()
  set.addAll(falling)
  for (let i = 0; i < 20; i++) set.addAll(falling.slice(i * 300, i * 300 + 300))
  expect(process.cpuUsage(from).user / 1_000).toBeLessThan(3_000)
  expect([...set.entries()][0]?.[1].length).toBe(count * 2)
})
