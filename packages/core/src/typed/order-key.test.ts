import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seededRandom } from '../testing/seeded-random.ts'
import { orderBetween } from './order-key.ts'

const client = fc.nat(2 ** 32 - 1)

it('[TYP1] a key sorts between its neighbours, however often a place is split and by whom', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(), fc.nat(3)), { maxLength: 200 }),
      fc.array(client, { minLength: 4 }),
      (steps, clients) => {
        const keys: string[] = []
        for (const [where, who] of steps) {
          const place = where % (keys.length + 1)
          const [before = null, after = null] = [keys[place - 1], keys[place]]
          const key = orderBetween(before, after, clients[who] as number)
          expect(before === null || before < key, `${before} < ${key}`).toBe(true)
          expect(after === null || key < after, `${key} < ${after}`).toBe(true)
          keys.splice(place, 0, key)
        }
      },
    ),
  )
})

it('[TYP1] two devices that ask for one place get different keys', () => {
  fc.assert(
    fc.property(client, client, client, fc.nat(50), (one, two, third, length) => {
      fc.pre(one !== two)
      const keys = [orderBetween(null, null, third)]
      for (let n = 0; n < length; n++) keys.push(orderBetween(keys.at(-1) ?? null, null, n % 2 ? one : third))
      for (const at of [0, length >> 1, length]) {
        const [before = null, after = null] = [keys[at - 1], keys[at]]
        expect(orderBetween(before, after, one)).not.toBe(orderBetween(before, after, two))
      }
    }),
  )
})

it('[TYP1] no two client ids share a name in keys', () => {
  const ids = [0, 1, 60, 61, 61 ** 2, 61 ** 3, 61 ** 4, 61 ** 5, 2 ** 31, 2 ** 32 - 1]
  expect(new Set(ids.map(id => orderBetween(null, null, id))).size).toBe(ids.length)
})

it('[TYP1] what two devices put down in a row at one place stays together', () => {
  const ends: [string | null, string | null][] = [[null, null]]
  ends.push([orderBetween(null, null, 7), null], [null, orderBetween(null, null, 7)])
  const low = orderBetween(null, null, 7)
  ends.push([low, orderBetween(low, null, 7)])
  for (const [before, after] of ends) {
    for (const forward of [true, false]) {
      const rows = [11, 12].map(who => {
        const keys: string[] = []
        for (let n = 0; n < 200; n++) {
          keys.push(
            forward ? orderBetween(keys.at(-1) ?? before, after, who) : orderBetween(before, keys.at(-1) ?? after, who),
          )
        }
        return keys
      }) as [string[], string[]]
      const all = [...rows[0], ...rows[1]].sort()
      const owners = all.map(key => rows[0].includes(key))
      expect(owners.filter((owner, at) => at > 0 && owner !== owners[at - 1])).toHaveLength(1)
    }
  }
})

it('[TYP1] keys stay short: in a row, at either end, at one place', () => {
  const low = orderBetween(null, null, 7)
  const high = orderBetween(low, null, 8)
  const grow = {
    end: (key: string | null) => orderBetween(key, null, 9),
    start: (key: string | null) => orderBetween(null, key, 9),
    'behind one': (key: string | null) => orderBetween(low, key ?? high, 9),
    'before one': (key: string | null) => orderBetween(key ?? low, high, 9),
  }
  for (const [where, next] of Object.entries(grow)) {
    let key: string | null = null
    for (let n = 0; n < 10_000; n++) key = next(key)
    expect(key?.length, where).toBeLessThan(60)
  }
})

it('[TYP1] a list that is shuffled for long keeps keys one can live with', () => {
  const random = seededRandom(3)
  const keys = Array.from({ length: 100 }, () => '')
    .map((_, n) => orderBetween(null, null, n))
    .sort()
  for (let n = 0; n < 5000; n++) {
    keys.splice(random.int(keys.length), 1)
    const at = random.int(keys.length + 1)
    keys.splice(at, 0, orderBetween(keys[at - 1] ?? null, keys[at] ?? null, random.int(5)))
  }
  expect(keys).toEqual([...keys].sort())
  expect(Math.max(...keys.map(key => key.length))).toBeLessThan(400)
})

it('[TYP1] keys somebody else made up are lived with', () => {
  const odd = fc.option(fc.string({ unit: fc.constantFrom('0', 'z', '~', 'V', '', '\ud800', 'é'), maxLength: 8 }))
  fc.assert(
    fc.property(odd, odd, client, (before, after, who) => {
      const key = orderBetween(before, after, who)
      expect(before === null || key > before).toBe(true)
      expect(key.length).toBeLessThan(2 * (before ?? '').length + (after ?? '').length + 30)
    }),
  )
})
