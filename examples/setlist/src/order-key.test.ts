import { expect, it } from 'vitest'
import { orderBetween } from './order-key.ts'

/** A small generator, so that a failure can be had again from its seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

it('[SET1] a key sorts between its neighbours, however often a place is split', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomFrom(seed)
    const keys: string[] = []
    for (let n = 0; n < 300; n++) {
      const place = Math.floor(random() * (keys.length + 1))
      const before = keys[place - 1] ?? null
      const after = keys[place] ?? null
      const key = orderBetween(before, after, random)
      expect(before === null || before < key, `seed ${seed}: ${before} < ${key}`).toBe(true)
      expect(after === null || key < after, `seed ${seed}: ${key} < ${after}`).toBe(true)
      keys.splice(place, 0, key)
    }
  }
})

it('[SET1] there is room between the closest of keys', () => {
  for (const [before, after] of [
    [null, '001'],
    ['z', null],
    ['zzz', null],
    ['A', 'A1'],
    ['A', 'A01'],
    ['Az', 'B'],
  ] as const) {
    const key = orderBetween(before, after)
    expect(before === null || before < key, `${before} < ${key}`).toBe(true)
    expect(after === null || key < after, `${key} < ${after}`).toBe(true)
  }
})

it('adding at the end a thousand times keeps keys short', () => {
  let key: string | null = null
  for (let n = 0; n < 1000; n++) key = orderBetween(key, null, randomFrom(n))
  expect(key?.length).toBeLessThan(80)
})

it('neighbours with one key are lived with', () => {
  expect(orderBetween('V', 'V') > 'V').toBe(true)
  expect(orderBetween('b', 'a') > 'b').toBe(true)
})

it('two devices never ask for the same key', () => {
  const random = randomFrom(7)
  const keys = new Set(Array.from({ length: 100 }, () => orderBetween('V', 'W', random)))
  expect(keys.size).toBeGreaterThan(98)
})
