import { type NewEntry, noBytes, payloadOffset, readU32, seal, sealFormat, writeU32 } from '@tutti/core'
import { ByteColumn } from './byte-columns.ts'
import { entryKey, entryKeyLength } from './level-keys.ts'
import { checksum } from './records.ts'

// What one commit appends to one document is one record, under the key of its first entry: one seal, one key, one put,
// however many entries. Payload:
//
//   u32 link: seal of the record before it; 0 for the first
//   entry after entry, to the end:
//     varint of twice the length of the update; one more when it does not go on as expected, and these follow:
//       signed varints, differences to the entry before: author, at, base, counter (to one more than before)
//     the update
//
// Expected is the same author at the same time with the same base, and one more edit, or none again where none are counted.
// Example: a second keystroke of 22 bytes in the same millisecond is `2c` and its 22 bytes.

/** A record is full with so many entries, or when it is so big: that much is lost with one fault, and read in one piece. */
export const entriesPerRun = 1_024
export const bytesPerRun: number = 64 * 1024

const payloadAt = payloadOffset(entryKeyLength)
const linkBytes = 4

/** A sealed record of entries. */
export interface SealedRun {
  readonly record: Uint8Array
  /** Index of the first entry that is not in it. */
  readonly next: number
  /** Bytes of the updates in it. */
  readonly updateBytes: number
}

const column = new ByteColumn()
const linkScratch = new Uint8Array(linkBytes)

/**
 * Seals entries from index `from` on, as many as one record takes, for the key of position `first`. `authorOf` gives the
 * number of an entry's author.
 */
export function sealRun(
  docNo: number,
  first: number,
  link: number,
  entries: readonly NewEntry[],
  from: number,
  authorOf: (entry: NewEntry) => number,
): SealedRun {
  writeU32(linkScratch, 0, link)
  column.clear()
  column.put(linkScratch)
  let author = 0
  let at = 0
  let base = 0
  let counter = 0
  let updateBytes = 0
  let next = from
  const end = Math.min(entries.length, from + entriesPerRun)
  while (next < end) {
    const entry = entries[next] as NewEntry
    const { bytes } = entry
    if (next > from && column.length + bytes.length > bytesPerRun) break
    next++
    const number = authorOf(entry)
    // A wall clock may tell fractions.
    const time = Math.floor(entry.at)
    if (number === author && time === at && entry.base === base && entry.counter === counterAfter(counter)) {
      column.varint(bytes.length * 2)
    } else {
      column.varint(bytes.length * 2 + 1)
      column.signed(number - author)
      column.signed(time - at)
      column.signed(entry.base - base)
      column.signed(entry.counter - counter - 1)
      author = number
      at = time
      base = entry.base
    }
    counter = entry.counter
    column.put(bytes)
    updateBytes += bytes.length
  }
  return { record: seal(entryKey(docNo, first), column.bytes(), checksum), next, updateBytes }
}

/** What the next entry counts unless it says otherwise. */
function counterAfter(counter: number): number {
  return counter === 0 ? 0 : counter + 1
}

/** Goes through the entries of a record; `next` moves to one, and the fields tell it. No object for any of them. */
export class RunReader {
  /** Seal of the record before. */
  link = 0
  author = 0
  at = 0
  base = 0
  counter = 0
  /** Its update lies here in the record. */
  start = 0
  end = 0
  /** True once the record turned out to be none. */
  failed = false
  #record: Uint8Array = noBytes
  #cursor = 0

  /** Begins with a record that is as it was sealed. */
  open(record: Uint8Array): void {
    this.failed = record.length < payloadAt + linkBytes + 1 || record[payloadAt - 1] !== sealFormat
    this.#record = record
    this.#cursor = this.failed ? record.length : payloadAt + linkBytes
    this.link = this.failed ? 0 : readU32(record, payloadAt)
    this.author = 0
    this.at = 0
    this.base = 0
    this.counter = 0
  }

  /** False after the last entry. */
  next(): boolean {
    const record = this.#record
    if (this.#cursor >= record.length) return false
    const head = this.#varint()
    if ((head & 1) === 0) this.counter = counterAfter(this.counter)
    else {
      this.author += this.#signed()
      this.at += this.#signed()
      this.base += this.#signed()
      this.counter += 1 + this.#signed()
    }
    this.start = this.#cursor
    this.end = this.#cursor + Math.floor(head / 2)
    if (this.end > record.length) this.failed = true
    this.#cursor = this.failed ? record.length : this.end
    return !this.failed
  }

  #varint(): number {
    const record = this.#record
    let byte = record[this.#cursor++]
    if (byte !== undefined && byte < 128) return byte
    let value = 0
    let unit = 1
    while (byte !== undefined && unit < 2 ** 56) {
      value += (byte & 127) * unit
      if (byte < 128) return value
      unit *= 128
      byte = record[this.#cursor++]
    }
    this.failed = true
    return 0
  }

  #signed(): number {
    const value = this.#varint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
}
