import type { DocName } from '@tutti/core'

// The keys of the store. Numbers are big endian, so that the order of keys is the order of positions.
//
//   !format                          the format of the store
//   !probe                           written to learn whether the store takes writes
//   A <u32 author>                   who wrote: subject, device, session
//   D <u32 document>                 head of a document: how far it goes
//   M <u32 document>                 mark that a document was deleted, and can be had back
//   N <name, UTF-16 big endian>      name of a document → its number and epoch
//   R <u32 document>                 a document that was removed; its number and epoch are never given again
//   c <u32 document> <u32 count>     checkpoint
//   e <u32 document> <u48 first>     entries from position `first` on (entry-run.ts)
//   s <u32 document> <u48 last>      history segment that ends with position `last`
//
// Example: the record that begins with entry 258 of document 7 is `65 00000007 000000000102`. Names are UTF-16 because then the order of keys is the
// order of JavaScript's `<`, which is the order every log lists its documents in.

export const formatKey: Uint8Array = new TextEncoder().encode('!format')
export const probeKey: Uint8Array = new TextEncoder().encode('!probe')

export const letters = {
  author: 0x41,
  head: 0x44,
  mark: 0x4d,
  name: 0x4e,
  removed: 0x52,
  checkpoint: 0x63,
  entry: 0x65,
  segment: 0x73,
} as const

export type Letter = (typeof letters)[keyof typeof letters]

/** Bytes of the key of entries. */
export const entryKeyLength = 11

export const maxU48: number = 2 ** 48 - 1
export const maxU32: number = 2 ** 32 - 1

/** Keys of one number: A, D, M, R. */
export function numberKey(letter: Letter, number: number): Uint8Array {
  const key = new Uint8Array(5)
  key[0] = letter
  putU32(key, 1, number)
  return key
}

export function nameKey(name: DocName): Uint8Array {
  const key = new Uint8Array(1 + name.length * 2)
  key[0] = letters.name
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    key[1 + 2 * i] = unit >>> 8
    key[2 + 2 * i] = unit
  }
  return key
}

export function nameOfKey(key: Uint8Array): DocName {
  let name = ''
  for (let i = 1; i + 1 < key.length; i += 2) {
    name += String.fromCharCode(((key[i] as number) << 8) | (key[i + 1] as number))
  }
  return name as DocName
}

export function checkpointKey(docNo: number, count: number): Uint8Array {
  const key = new Uint8Array(9)
  key[0] = letters.checkpoint
  putU32(key, 1, docNo)
  putU32(key, 5, count)
  return key
}

/** `into` spares an allocation where many keys are made that nobody keeps. */
export function entryKey(
  docNo: number,
  position: number,
  into: Uint8Array = new Uint8Array(entryKeyLength),
): Uint8Array {
  return positionKey(letters.entry, docNo, position, into)
}

export function segmentKey(docNo: number, last: number): Uint8Array {
  return positionKey(letters.segment, docNo, last, new Uint8Array(entryKeyLength))
}

/** The number behind the letter of any key but names. */
export function numberOfKey(key: Uint8Array): number {
  return getU32(key, 1)
}

/** The position in a key of entries or of a segment. */
export function positionOfKey(key: Uint8Array): number {
  return getPosition(key, 5)
}

/** Whether a sealed record was made for the key of entries from `first` on: no other document's, and not a segment. */
export function isEntriesFrom(docNo: number, first: number, record: Uint8Array): boolean {
  return record[4] === letters.entry && getU32(record, 5) === docNo && positionOfRecord(record) === first
}

/** The first position of sealed entries: a record carries its key behind its seal of four bytes. */
export function positionOfRecord(record: Uint8Array): number {
  return getPosition(record, 9)
}

function positionKey(letter: Letter, docNo: number, position: number, key: Uint8Array): Uint8Array {
  key[0] = letter
  putU32(key, 1, docNo)
  const high = Math.floor(position / 2 ** 32)
  key[5] = high >>> 8
  key[6] = high
  putU32(key, 7, position)
  return key
}

function getPosition(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 8) | (bytes[at + 1] as number)) * 2 ** 32 + getU32(bytes, at + 2)
}

function putU32(key: Uint8Array, at: number, value: number) {
  key[at] = value >>> 24
  key[at + 1] = value >>> 16
  key[at + 2] = value >>> 8
  key[at + 3] = value
}

function getU32(key: Uint8Array, at: number): number {
  return (
    (((key[at] as number) << 24) |
      ((key[at + 1] as number) << 16) |
      ((key[at + 2] as number) << 8) |
      (key[at + 3] as number)) >>>
    0
  )
}
