import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { ByteWriter } from '../base/byte-writer.ts'
import { equalBytes } from '../base/bytes.ts'
import { decodeStateVector, encodeStateVector, maxStateVectorBytes, maxStateVectorClients } from './state-vector.ts'

const vectors = fc
  .uniqueArray(fc.tuple(fc.nat(2 ** 31), fc.maxSafeNat()), { selector: ([client]) => client, maxLength: 20 })
  .map(entries => new Map(entries))

test('[UPD8] vectors are those of Yjs, both ways', () => {
  fc.assert(
    fc.property(vectors, vector => {
      const bytes = encodeStateVector(vector)
      expect(Y.decodeStateVector(bytes)).toEqual(vector)
      expect(decodeStateVector(bytes)).toEqual({ ok: true, value: vector })
      expect(equalBytes(bytes, encodeStateVector(new Map([...vector].reverse())))).toBe(true)
    }),
  )
})

test('[UPD8] random bytes never throw; what is cut off or goes on is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      decodeStateVector(bytes)
    }),
  )
  const bytes = encodeStateVector(new Map([[1, 2]]))
  expect(decodeStateVector(bytes.subarray(0, 2)).ok).toBe(false)
  expect(decodeStateVector(Uint8Array.of(...bytes, 0)).ok).toBe(false)
  expect(decodeStateVector(new Uint8Array(0)).ok).toBe(false)
})

test('[UPD8] neither bytes nor clients beyond the limit are looked at', () => {
  const many = (count: number) => {
    const to = new ByteWriter(count * 6).uint(count)
    for (let i = 0; i < count; i++) to.uint(i).uint(1)
    return to.bytes()
  }
  expect(decodeStateVector(many(maxStateVectorClients)).ok).toBe(true)
  expect(decodeStateVector(many(maxStateVectorClients + 1))).toMatchObject({ ok: false, error: { code: 'over-limit' } })
  expect(decodeStateVector(new Uint8Array(maxStateVectorBytes + 1))).toMatchObject({ error: { code: 'too-large' } })
})
