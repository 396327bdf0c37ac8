import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { toHex } from '../base/bytes.ts'
import { craftGc, craftItem, craftText, craftUpdate } from '../testing/craft-update.ts'
import { AcceptedState } from './accepted-state.ts'
import { judge } from './gate.ts'
import { storedLimits, wireLimits } from './limits.ts'
import { scanUpdate } from './scan.ts'

const me = 7

/** Y.diffUpdate from `clock` on, and our diff of the same. */
function cuts(update: Uint8Array, clock: number): readonly [string, string] {
  const scan = scanUpdate(update, storedLimits)
  if (!scan.ok) throw new Error(scan.error.message)
  const state = new AcceptedState()
  const verdict = judge(state, scan.value, { limits: wireLimits, mayExtend: () => true, takePart: false })
  if (verdict.kind !== 'new') throw new Error(verdict.kind)
  state.settle(verdict.update)
  const known = new Map([
    [1, 2],
    [me, clock],
  ])
  return [toHex(Y.diffUpdate(update, Y.encodeStateVector(known))), toHex(state.durable.diff(known))]
}

const base = { client: 1, clock: 0, structs: [craftText('ab')] }
const text = 'aé日😀😀z\u{10ffff}\u0800'
const any = Uint8Array.of(
  6,
  126,
  125,
  65,
  119,
  2,
  0xc3,
  0xa9,
  117,
  2,
  126,
  118,
  1,
  1,
  97,
  120,
  116,
  2,
  9,
  9,
  123,
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
)
const json = Uint8Array.of(3, 1, 49, 4, 110, 117, 108, 108, 9, ...new TextEncoder().encode('undefined'))

const structs = {
  text: [craftText(text), text.length],
  'text with an origin': [craftText(text, { origin: [1, 0] }), text.length],
  'text with both': [craftText(text, { origin: [1, 0], right: [1, 1] }), text.length],
  'text with a right origin': [craftText(text, { right: [1, 0] }), text.length],
  'text under a key': [craftText(text, { key: 'k' }), text.length],
  'plain values': [craftItem(8, any, { origin: [1, 1] }), 6],
  'JSON values': [craftItem(2, json), 3],
  deleted: [craftItem(1, Uint8Array.of(0x85, 0x01), { right: [1, 1] }), 133],
  collected: [craftGc(300), 300],
} as const

test.each(Object.keys(structs) as (keyof typeof structs)[])('[DOC8] %s is cut as Yjs cuts it, at every tick', name => {
  const [struct, length] = structs[name]
  const gone = name === 'deleted' || name === 'collected' ? [{ client: me, ranges: [[0, length] as const] }] : []
  const update = craftUpdate([{ client: me, clock: 0, structs: [struct] }, base], gone)
  for (let clock = 0; clock < length; clock++) {
    const [theirs, ours] = cuts(update, clock)
    expect(ours, `at ${clock}`).toBe(theirs)
  }
})

test('[DOC8] a run of many structs is cut at every tick', () => {
  const many = Array.from({ length: 150 }, (_, i) => craftText('xyz'.repeat((i % 5) + 1), { origin: [1, i % 2] }))
  const update = craftUpdate([{ client: me, clock: 0, structs: many }, base])
  const total = many.reduce((sum, _, i) => sum + 3 * ((i % 5) + 1), 0)
  for (let clock = 0; clock <= total; clock++) {
    const [theirs, ours] = cuts(update, clock)
    expect(ours, `at ${clock}`).toBe(theirs)
  }
})
