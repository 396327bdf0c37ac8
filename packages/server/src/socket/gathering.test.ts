import { expect, test } from 'vitest'
import { Gathering } from './gathering.ts'

test('[WIRE5] what comes byte by byte is held in at most twice its size', () => {
  const gathering = new Gathering()
  for (let i = 1; i <= 1_000; i++) {
    gathering.add(Uint8Array.of(i))
    expect(gathering.bytes.buffer.byteLength).toBeLessThanOrEqual(2 * i)
  }
  expect(gathering.bytes).toEqual(Buffer.from(Array.from({ length: 1_000 }, (_, i) => (i + 1) & 255)))
  gathering.clear()
  expect(gathering.length).toBe(0)
})
