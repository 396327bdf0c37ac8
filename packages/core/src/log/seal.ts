import { crc32 } from '../base/crc32.ts'

// A sealed record, as it lies in a store:
//
//   offset  bytes  what
//   0       4      crc-32 of everything behind it, little endian
//   4       n      its place: the key it is stored under, byte for byte
//   4+n     1      format, today 1
//   5+n     …      payload
//
// A record that was changed, cut, or put in another's place does not open. A store that forgets a record, or brings back
// an old one, is caught by what links them: a record of entries carries the seal of the one before it.

/** CRC-32 of `bytes` from `from` to the end. Stores may bring a faster one; the value is the same. */
export type Checksum = (bytes: Uint8Array, from: number) => number

export const sealFormat = 1

const sealBytes = 4

/** Where the payload of a sealed record begins. */
export function payloadOffset(placeLength: number): number {
  return sealBytes + placeLength + 1
}

export function seal(place: Uint8Array, payload: Uint8Array, checksum: Checksum = crc32): Uint8Array {
  const start = payloadOffset(place.length)
  const record = new Uint8Array(start + payload.length)
  record.set(payload, start)
  close(record, place, checksum)
  return record
}

/** The payload, or `null` when the record is not what was sealed at this place. */
export function unseal(place: Uint8Array, record: Uint8Array, checksum: Checksum = crc32): Uint8Array | null {
  const start = payloadOffset(place.length)
  if (record.length < start || record[start - 1] !== sealFormat) return null
  for (let i = 0; i < place.length; i++) if (record[sealBytes + i] !== place[i]) return null
  return isWhole(record, checksum) ? record.subarray(start) : null
}

/** The seal of a record: what the next one of the same document links to. */
export function sealOf(record: Uint8Array): number {
  return readU32(record, 0)
}

/** Whether a record is as it was sealed, wherever it lies. */
export function isWhole(record: Uint8Array, checksum: Checksum = crc32): boolean {
  return record.length > sealBytes && readU32(record, 0) === checksum(record, sealBytes)
}

function close(record: Uint8Array, place: Uint8Array, checksum: Checksum) {
  record.set(place, sealBytes)
  record[sealBytes + place.length] = sealFormat
  writeU32(record, 0, checksum(record, sealBytes))
}

/** Little endian. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  )
}

/** Little endian. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

/** Little endian; enough for milliseconds until the year 10,889 and for 281 million million positions. */
export function readU48(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + ((bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8)) * 2 ** 32
}

/** Little endian. Fractions are cut: a wall clock may tell them. */
export function writeU48(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value % 2 ** 32)
  const high = Math.floor(value / 2 ** 32)
  bytes[at + 4] = high
  bytes[at + 5] = high >>> 8
}
