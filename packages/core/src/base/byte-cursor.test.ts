import fc from 'fast-check'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import { ByteCursor } from './byte-cursor.ts'
import { skipInt, skipString } from './byte-skips.ts'
import { ByteWriter } from './byte-writer.ts'
import { equalBytes, varintLength, writeVarint } from './bytes.ts'

const numbers = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc.constantFrom(127, 128, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
)

describe('numbers', () => {
  test('[BASE2] varints are those of lib0, both ways', () => {
    fc.assert(
      fc.property(numbers, value => {
        const theirs = encoding.encode(encoder => encoding.writeVarUint(encoder, value))
        expect(new ByteCursor(theirs).uint()).toBe(value)
        const ours = new ByteWriter(1).uint(value).bytes()
        expect(equalBytes(ours, theirs)).toBe(true)
        expect(varintLength(value)).toBe(theirs.length)
        const target = new Uint8Array(theirs.length)
        expect(writeVarint(target, 0, value)).toBe(theirs.length)
      }),
    )
  })

  test('[BASE2] signed ones are stepped over as lib0 reads them', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), value => {
        const bytes = encoding.encode(encoder => encoding.writeVarInt(encoder, value))
        const cursor = new ByteCursor(bytes)
        skipInt(cursor)
        expect([cursor.fault, cursor.at]).toEqual([null, bytes.length])
      }),
    )
  })

  test('[BASE2] too large, too long, cut off', () => {
    const faulty = [
      [],
      [0x80],
      [0xff, 0xff, 0xff],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f],
      Array<number>(100).fill(0x80),
    ]
    for (const bytes of faulty) {
      const cursor = new ByteCursor(Uint8Array.from(bytes))
      expect(cursor.uint()).toBe(0)
      expect(cursor.fault).not.toBeNull()
    }
    for (const bytes of [[], [0x80], Array<number>(9).fill(0xff), Array<number>(100).fill(0x80)]) {
      const cursor = new ByteCursor(Uint8Array.from(bytes))
      skipInt(cursor)
      expect(cursor.fault).not.toBeNull()
    }
  })
})

describe('text', () => {
  test('[BASE2] UTF-8 is taken exactly when lib0 takes it, and counted in UTF-16 units', () => {
    const bits = fc.array(
      fc.constantFrom(
        0x41,
        0x7f,
        0x80,
        0xbf,
        0xc0,
        0xc2,
        0xdf,
        0xe0,
        0xa0,
        0xed,
        0x9f,
        0xef,
        0xf0,
        0x90,
        0xf4,
        0x8f,
        0xf5,
        0xff,
      ),
      {
        maxLength: 8,
      },
    )
    const texts = fc.string({ unit: 'binary' }).map(text => [...new TextEncoder().encode(text)])
    fc.assert(
      fc.property(fc.oneof(bits, texts), content => {
        const bytes = Uint8Array.from([content.length, ...content])
        if (content.length > 127) return
        let expected: string | null = null
        try {
          expected = decoding.readVarString(decoding.createDecoder(bytes))
        } catch {}
        const cursor = new ByteCursor(bytes)
        const units = skipString(cursor)
        expect(cursor.fault === null).toBe(expected !== null)
        if (expected === null) return
        expect(units).toBe(expected.length)
        expect(new ByteCursor(bytes).string()).toBe(expected)
      }),
      { numRuns: 3_000 },
    )
  })
})

test('[BASE2] the first fault sticks, and nothing moves after it', () => {
  const cursor = new ByteCursor(Uint8Array.of(5, 1))
  expect(cursor.take().length).toBe(0)
  const fault = cursor.fault
  expect(fault).not.toBeNull()
  cursor.exceed('later')
  expect([cursor.byte(), cursor.uint(), cursor.string(), cursor.rest().length]).toEqual([0, 0, '', 0])
  expect([cursor.fault, cursor.exceeded]).toEqual([fault, false])
})
