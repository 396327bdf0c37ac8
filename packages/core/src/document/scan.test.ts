import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { craftAny, craftGc, craftItem, craftText, craftType, craftUpdate } from '../testing/craft-update.ts'
import { Replica } from '../testing/replica.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { wireLimits } from './limits.ts'
import { field, scanUpdate, structStride } from './scan.ts'

const one = (struct: Uint8Array) => craftUpdate([{ client: 1, clock: 0, structs: [struct] }])
const code = (bytes: Uint8Array) => {
  const scan = scanUpdate(bytes, wireLimits)
  return scan.ok ? 'ok' : scan.error.code
}
const text = (...bytes: number[]) => Uint8Array.of(bytes.length, ...bytes)
const word = (letters: string) => text(...new TextEncoder().encode(letters))

describe('what Yjs writes', () => {
  test('[UPD2] is read as Yjs reads it: structs, lengths, clocks', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(seed)
      const replica = new Replica(seed)
      for (let i = 0; i < 40; i++) replica.edit(random)
      for (const bytes of [...replica.outbox, Y.mergeUpdates(replica.outbox), Y.encodeStateAsUpdate(replica.doc)]) {
        const scan = scanUpdate(bytes, wireLimits)
        if (!scan.ok) throw new Error(scan.error.message)
        const { structs, sections, deletes } = scan.value
        const theirs = Y.decodeUpdate(bytes)
        const ours = sections.flatMap(({ client, first, count }) =>
          Array.from({ length: count }, (_, i) => {
            const at = (first + i) * structStride
            return [client, structs[at + field.clock], structs[at + field.length]]
          }),
        )
        expect(ours).toEqual(theirs.structs.map(({ id, length }) => [id.client, id.clock, length]))
        const ranges = [...theirs.ds.clients].flatMap(([client, items]) =>
          items.flatMap(({ clock, len }) => [client, clock, len]),
        )
        expect(deletes).toEqual(ranges)
      }
    }
  })
})

describe('what Yjs would choke on', () => {
  test('[UPD2] V2 is not V1', () => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'hello')
    doc.getMap('m').set('a', [1, { b: 2 }])
    expect(code(Y.encodeStateAsUpdateV2(doc))).toBe('malformed')
    expect(code(Y.encodeStateAsUpdate(doc))).toBe('ok')
  })

  test('[UPD2] text that is no UTF-8, wherever text may stand', () => {
    const broken = text(0xc3, 0x28)
    for (const struct of [
      craftItem(4, broken),
      craftItem(5, broken),
      craftItem(6, Uint8Array.of(...broken, ...word('true'))),
      craftItem(6, Uint8Array.of(...word('bold'), ...broken)),
      craftItem(7, Uint8Array.of(3, ...broken)),
      craftItem(8, Uint8Array.of(1, 119, ...broken)),
      craftItem(8, Uint8Array.of(1, 118, 1, ...broken, 126)),
      craftItem(9, Uint8Array.of(...broken, 118, 0)),
      Uint8Array.of(4, 1, ...broken, 1, 97),
      Uint8Array.of(4 | 32, 1, 1, 116, ...broken, 1, 97),
    ]) {
      expect(code(one(struct))).toBe('malformed')
    }
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      expect(code(one(craftItem(4, text(...bad))))).toBe('malformed')
    }
  })

  test('[UPD2] JSON that does not parse', () => {
    for (const json of ['', '{', 'undefined', 'NaN', "{'a':1}", '1 1', '\ufefftrue']) {
      expect(code(one(craftItem(5, word(json)))), json).toBe('malformed')
      expect(code(one(craftItem(6, Uint8Array.of(...word('bold'), ...word(json))))), json).toBe('malformed')
      expect(code(one(craftItem(2, Uint8Array.of(1, ...word(json))))), json).toBe(
        json === 'undefined' ? 'ok' : 'malformed',
      )
    }
  })

  test('[UPD2] nothing of no length', () => {
    for (const struct of [
      craftText(''),
      craftGc(0),
      craftAny([]),
      craftItem(1, Uint8Array.of(0)),
      craftItem(2, Uint8Array.of(0)),
    ]) {
      expect(code(one(struct))).toBe('malformed')
    }
    expect(code(craftUpdate([{ client: 1, clock: 0, structs: [] }]))).toBe('malformed')
    expect(code(craftUpdate([], [{ client: 1, ranges: [[0, 0]] }]))).toBe('malformed')
  })

  test('[UPD2] no client twice, nothing behind the end, no unknown kinds, no large ids', () => {
    const section = { client: 1, clock: 0, structs: [craftText('a')] }
    expect(code(craftUpdate([section, { ...section, clock: 1 }]))).toBe('malformed')
    expect(
      code(
        craftUpdate(
          [],
          [
            { client: 1, ranges: [[0, 1]] },
            { client: 1, ranges: [[2, 1]] },
          ],
        ),
      ),
    ).toBe('malformed')
    expect(code(Uint8Array.of(...one(craftText('a')), 0))).toBe('malformed')
    for (const kind of [11, 12, 31]) expect(code(one(craftItem(kind, word('a'))))).toBe('malformed')
    expect(code(one(craftType(7)))).toBe('malformed')
    expect(code(one(craftItem(8, Uint8Array.of(1, 115))))).toBe('malformed')
    expect(code(one(craftItem(9, Uint8Array.of(1, 97, 126))))).toBe('malformed')
    for (const client of [2 ** 32, 2 ** 52]) {
      expect(code(craftUpdate([{ ...section, client }]))).toBe('malformed')
      expect(code(craftUpdate([], [{ client, ranges: [[0, 1]] }]))).toBe('malformed')
      for (const place of [{ origin: [client, 0] }, { right: [client, 0] }, { parent: [client, 0] }] as const) {
        expect(code(one(craftText('a', place)))).toBe('malformed')
      }
    }
  })

  test('[UPD2] clocks and lengths beyond what sums can hold', () => {
    expect(code(craftUpdate([{ client: 1, clock: 2 ** 50, structs: [craftText('a')] }]))).toBe('malformed')
    expect(code(one(craftGc(2 ** 51)))).toBe('malformed')
    expect(code(craftUpdate([], [{ client: 1, ranges: [[2 ** 50, 1]] }]))).toBe('malformed')
  })

  test('[UPD1] every beginning of an update is refused, and every length that lies', () => {
    const replica = new Replica(3)
    const random = seededRandom(3)
    for (let i = 0; i < 60; i++) replica.edit(random)
    const whole = Y.encodeStateAsUpdate(replica.doc)
    for (let end = 0; end < whole.length; end++) expect(code(whole.subarray(0, end))).toBe('malformed')
    for (const lie of [0x7f, 0xff]) {
      for (let at = 0; at < whole.length; at++) {
        const bytes = whole.slice()
        bytes[at] = lie
        expect(['ok', 'malformed', 'over-limit']).toContain(code(bytes))
      }
    }
  })
})
