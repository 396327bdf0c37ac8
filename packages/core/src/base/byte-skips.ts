import type { ByteCursor } from './byte-cursor.ts'

// For whoever checks bytes without wanting what they say.

/** Steps over a signed varint. */
export function skipInt(cursor: ByteCursor): void {
  let byte = cursor.byte()
  let value = byte & 63
  let unit = 64
  while (byte >= 128 && cursor.fault === null) {
    byte = cursor.byte()
    value += (byte & 127) * unit
    unit *= 128
    if (unit > 2 ** 55 || value > Number.MAX_SAFE_INTEGER) cursor.fail('a number is too large')
  }
}

/**
 * Steps over a length-prefixed string that must be well-formed UTF-8 (lib0 decodes strictly: a malformed one would make
 * every later load of the document throw). Returns its length in UTF-16 units: Yjs' clock length.
 */
export function skipString(cursor: ByteCursor): number {
  const length = cursor.uint()
  if (length > cursor.end - cursor.at) {
    cursor.fail('ends too early')
    return 0
  }
  const { bytes } = cursor
  const stop = cursor.at + length
  let at = cursor.at
  let units = 0
  while (at < stop) {
    const byte = bytes[at] as number
    if (byte < 0x80) {
      at++
      units++
      continue
    }
    const size = utf8Length(bytes, at, stop)
    if (size === 0) {
      cursor.fail('a string is not UTF-8')
      return 0
    }
    at += size
    units += size === 4 ? 2 : 1
  }
  cursor.at = stop
  return units
}

/** Bytes of the UTF-8 sequence at `at` (2 to 4), or 0 when it is malformed, overlong, a surrogate or beyond U+10FFFF. */
function utf8Length(bytes: Uint8Array, at: number, stop: number): number {
  const first = bytes[at] as number
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (first < 0xc2 || first > 0xf4 || at + size > stop) return 0
  const second = bytes[at + 1] as number
  if ((second & 0xc0) !== 0x80) return 0
  if (first === 0xe0 && second < 0xa0) return 0
  if (first === 0xed && second > 0x9f) return 0
  if (first === 0xf0 && second < 0x90) return 0
  if (first === 0xf4 && second > 0x8f) return 0
  for (let i = 2; i < size; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0
  return size
}
