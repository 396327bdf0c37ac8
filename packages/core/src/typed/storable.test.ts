import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as Y from 'yjs'
import { scaled } from '../../../../tests/support/scale.ts'
import { AcceptedState } from '../document/accepted-state.ts'
import { judge } from '../document/gate.ts'
import { wireLimits } from '../document/limits.ts'
import { scanUpdate } from '../document/scan.ts'
import { isStorable, isStorableName } from './storable.ts'

/** The document in which a value stands under a name, as it arrives, or `null` where the gate keeps it out. */
function arrived(name: string, value: unknown): Y.Map<unknown> | null {
  const doc = new Y.Doc()
  doc.getMap('m').set(name, value)
  const scan = scanUpdate(Y.encodeStateAsUpdate(doc), wireLimits)
  if (!scan.ok) return null
  const verdict = judge(new AcceptedState(), scan.value, { limits: wireLimits, mayExtend: () => true, takePart: false })
  if (verdict.kind !== 'new') return null
  const copy = new Y.Doc()
  Y.applyUpdate(copy, verdict.update.scan.bytes)
  return copy.getMap('m')
}

const nested = (depth: number): unknown => Array.from({ length: depth }).reduce(inner => [inner], 0)

it('[TYP5] what may be stored passes the gate and comes back as it went in', () => {
  const value = fc.anything({
    withBigInt: true,
    maxDepth: 2,
    maxKeys: 3,
    withNullPrototype: false,
    withTypedArray: true,
    withDate: true,
    withMap: true,
    key: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor')),
    values: [fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.bigInt(), fc.constant(null)],
  })
  let stored = 0
  const run = (given: unknown): void => {
    if (!isStorable(given)) return
    stored++
    expect(arrived('name', given)?.get('name')).toEqual(given)
  }
  fc.assert(fc.property(value, run), { numRuns: scaled(40, 400) })
  expect(stored).toBeGreaterThan(5)
  expect(isStorable(nested(wireLimits.maxValueDepth))).toBe(true)
  run(nested(wireLimits.maxValueDepth))
  expect(isStorable(nested(wireLimits.maxValueDepth + 1))).toBe(false)
}, 60_000)

it('[TYP5] what would be lost or refused is not stored', () => {
  const odd = [
    new Date(0),
    new Map([[1, 2]]),
    () => 1,
    Symbol('a'),
    2n ** 63n,
    '\ud800',
    [new Date(0)],
    { a: { constructor: 1 } },
  ]
  for (const value of odd) expect(isStorable(value)).toBe(false)
  expect(isStorable(JSON.parse('{"__proto__":1}'))).toBe(false)
  expect(isStorable({ a: [1, null, { b: new Uint8Array(2), c: -(2n ** 63n), d: undefined }] })).toBe(true)
})

it('[TYP5] a name that may be stored passes the gate', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', 'constructor', '\ud800', '日'.repeat(1365)),
  )
  fc.assert(fc.property(name, given => !isStorableName(given) || arrived(given, 1)?.get(given) === 1))
  for (const given of ['constructor', '\ud800', '日'.repeat(1366)]) expect(isStorableName(given)).toBe(false)
  expect(isStorableName('日'.repeat(1365))).toBe(true)
})
