import { concatBytes } from '@tutti/core'
import type { SeededRandom } from '@tutti/core/testing'

// Changes that are blind but know how our formats are built: bytes, varints, and lengths before what they measure.

type Mutation = (bytes: Uint8Array, random: SeededRandom) => Uint8Array

/** Bytes with some changes; `words` are pieces worth putting in, `other` is another input to borrow from. */
export function mutated(
  bytes: Uint8Array,
  random: SeededRandom,
  more: { readonly words?: readonly Uint8Array[]; readonly other?: Uint8Array; readonly maxBytes?: number } = {},
): Uint8Array {
  const { words = [], other = bytes, maxBytes = Number.POSITIVE_INFINITY } = more
  let out = bytes
  for (let left = random.chance(0.6) ? 1 + random.int(2) : 1 << (1 + random.int(4)); left > 0; left--) {
    const kind = random.int(20)
    if (kind === 0) out = spliced(out, other, random)
    else if (kind <= 2 && words.length > 0)
      out = replaced(out, random.int(out.length + 1), random.int(2) * 4, random.pick(words))
    else out = random.pick(mutations)(out, random)
  }
  return out.length > maxBytes ? out.subarray(0, maxBytes) : out
}

/** `more` in the place of `length` bytes at `at`. */
function replaced(bytes: Uint8Array, at: number, length: number, more: Uint8Array): Uint8Array {
  return concatBytes([bytes.subarray(0, at), more, bytes.subarray(Math.min(bytes.length, at + length))])
}

function spliced(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.int(bytes.length + 1)
  const from = random.int(other.length + 1)
  return concatBytes([bytes.subarray(0, at), other.subarray(from)])
}

function changed(bytes: Uint8Array, at: number, to: (byte: number) => number): Uint8Array {
  const out = bytes.slice()
  if (at < out.length) out[at] = to(out[at] as number)
  return out
}

const interesting = [
  0,
  1,
  2,
  3,
  10,
  63,
  64,
  127,
  128,
  255,
  256,
  16_383,
  16_384,
  65_535,
  2 ** 28,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 40,
  2 ** 48,
  2 ** 50,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 56,
  2 ** 63,
]

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let left = value
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128)
  return Uint8Array.of(...bytes, left)
}

/** The varint that begins at `at`: its value and its length. */
function varintAt(bytes: Uint8Array, at: number): readonly [number, number] {
  let value = 0
  let unit = 1
  for (let i = at; i < bytes.length && i < at + 8; i++, unit *= 128) {
    const byte = bytes[i] as number
    value += (byte & 127) * unit
    if (byte < 128) return [value, i - at + 1]
  }
  return [value, Math.min(8, bytes.length - at)]
}

/** Somewhere a length stands before what it measures. `null` when none was found at once. */
function blockAt(bytes: Uint8Array, random: SeededRandom): { head: number; from: number; length: number } | null {
  for (let tries = 0; tries < 8; tries++) {
    const head = random.int(bytes.length)
    const length = bytes[head] as number
    if (length > 0 && length < 128 && head + 1 + length <= bytes.length) return { head, from: head + 1, length }
  }
  return null
}

const mutations: readonly Mutation[] = [
  (bytes, random) => changed(bytes, random.int(bytes.length), () => random.int(256)),
  (bytes, random) => {
    const bit = 1 << random.int(8)
    return changed(bytes, random.int(bytes.length), byte => byte ^ bit)
  },
  (bytes, random) => {
    const by = 1 + random.int(8)
    const sign = random.chance(0.5) ? 1 : -1
    return changed(bytes, random.int(bytes.length), byte => byte + sign * by)
  },
  (bytes, random) => replaced(bytes, random.int(bytes.length + 1), 0, random.bytes(1 + random.int(4))),
  (bytes, random) => replaced(bytes, random.int(bytes.length + 1), 1 + random.int(8), new Uint8Array(0)),
  (bytes, random) => bytes.subarray(0, random.int(bytes.length + 1)),
  // A piece said again, or somewhere else.
  (bytes, random) => {
    const from = random.int(bytes.length)
    const piece = bytes.slice(from, from + 1 + random.int(random.chance(0.8) ? 8 : 64))
    return replaced(bytes, random.int(bytes.length + 1), random.chance(0.5) ? piece.length : 0, piece)
  },
  (bytes, random) => {
    const at = random.int(bytes.length)
    return replaced(bytes, at, varintAt(bytes, at)[1], varint(random.pick(interesting)))
  },
  (bytes, random) => {
    const at = random.int(bytes.length)
    const [value, length] = varintAt(bytes, at)
    return replaced(bytes, at, length, varint(Math.max(0, value + random.int(17) - 8)))
  },
  // A number that stands elsewhere already: ids, clocks and lengths refer to each other.
  (bytes, random) => {
    const at = random.int(bytes.length)
    const from = random.int(bytes.length)
    return replaced(bytes, at, varintAt(bytes, at)[1], bytes.slice(from, from + varintAt(bytes, from)[1]))
  },
  // What a length measures grows or shrinks, and the length with it.
  (bytes, random) => {
    const block = blockAt(bytes, random)
    if (block === null) return bytes
    const content = random.chance(0.5)
      ? random.bytes(random.int(block.length + 4))
      : replaced(
          bytes.subarray(block.from, block.from + block.length),
          random.int(block.length),
          random.int(3),
          random.bytes(random.int(4)),
        )
    return replaced(bytes, block.head, 1 + block.length, concatBytes([varint(content.length), content]))
  },
  (bytes, random) => {
    const block = blockAt(bytes, random)
    if (block === null) return bytes
    const whole = bytes.slice(block.head, block.from + block.length)
    return replaced(bytes, random.chance(0.5) ? block.head : random.int(bytes.length + 1), 0, whole)
  },
]
