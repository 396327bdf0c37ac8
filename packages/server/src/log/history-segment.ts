import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import { type Millis, readU32, readU48, seal, unseal, writeU32, writeU48 } from '@tutti/core'
import { ByteColumn, ByteReader } from './byte-columns.ts'
import { segmentKey } from './level-keys.ts'
import { checksum } from './records.ts'
import { UpdateColumns, UpdateColumnsReader, updateColumnCount } from './update-columns.ts'

// Entries a checkpoint has folded, column by column, compressed. Payload:
//
//   u48 first position · u48 last position · u32 bytes when decompressed · brotli of:
//     varint length of each column, then the columns:
//     author, base, at, counter (differences from the entry before), then those of update-columns.ts

/** Long enough to compress well, short enough to be read in one turn without anyone noticing. */
export const entriesPerSegment = 8_192
/** A segment ends early when its updates are this big together. */
export const bytesPerSegment: number = 4 * 1024 * 1024

const headerBytes = 16
const metaColumnCount = 4
const compressed = promisify(brotliCompress)
const decompressed = promisify(brotliDecompress)

/** An entry whose author is a number of the store's author table. */
export interface FoldedEntry {
  readonly bytes: Uint8Array
  readonly at: Millis
  readonly base: number
  readonly author: number
  readonly counter: number
}

/** `entries` are those from position `first` on, without gaps. */
export async function sealSegment(
  docNo: number,
  first: number,
  entries: readonly FoldedEntry[],
  quality: number,
): Promise<Uint8Array> {
  const body = packEntries(entries)
  const packed = await compressed(body, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
    },
  })
  const payload = new Uint8Array(headerBytes + packed.length)
  const last = first + entries.length - 1
  writeU48(payload, 0, first)
  writeU48(payload, 6, last)
  writeU32(payload, 12, body.length)
  payload.set(packed, headerBytes)
  return seal(segmentKey(docNo, last), payload, checksum)
}

export interface Segment {
  readonly first: number
  readonly entries: readonly FoldedEntry[]
}

/** `null` when the record is not what was sealed as the segment that ends with `last`. */
export async function unsealSegment(docNo: number, last: number, record: Uint8Array): Promise<Segment | null> {
  const payload = unseal(segmentKey(docNo, last), record, checksum)
  if (payload === null || payload.length < headerBytes) return null
  const first = readU48(payload, 0)
  const length = readU32(payload, 12)
  try {
    const body = await decompressed(payload.subarray(headerBytes), { maxOutputLength: Math.max(1, length) })
    // Plain bytes: a slice of Node's Buffer is no copy.
    const plain = new Uint8Array(body.buffer, body.byteOffset, body.length)
    const entries = unpackEntries(plain, last - first + 1)
    return entries === null ? null : { first, entries }
  } catch {
    return null
  }
}

export function packEntries(entries: readonly FoldedEntry[]): Uint8Array {
  const meta = Array.from({ length: metaColumnCount }, () => new ByteColumn())
  const [authors, bases, times, counters] = meta as [ByteColumn, ByteColumn, ByteColumn, ByteColumn]
  const updates = new UpdateColumns()
  const counted = new Map<number, number>()
  let before: FoldedEntry = nothingBefore
  for (const entry of entries) {
    authors.signed(entry.author - before.author)
    bases.signed(entry.base - before.base - 1)
    times.signed(entry.at - before.at)
    counters.signed(entry.counter - (counted.get(entry.author) ?? 0) - 1)
    counted.set(entry.author, entry.counter)
    updates.add(entry.bytes)
    before = entry
  }
  const columns = [...meta, ...updates.columns]
  const whole = new ByteColumn()
  for (const column of columns) whole.varint(column.length)
  for (const column of columns) whole.put(column.bytes())
  return whole.bytes()
}

const nothingBefore: FoldedEntry = { author: 0, base: -1, at: 0, counter: 0, bytes: new Uint8Array(0) }

export function unpackEntries(body: Uint8Array, count: number): FoldedEntry[] | null {
  const reader = new ByteReader(body)
  const lengths = Array.from({ length: metaColumnCount + updateColumnCount }, () => reader.varint())
  const columns = lengths.map(length => reader.take(length))
  // Every entry has its shape in the first column of updates: a count that goes beyond is not believed.
  if (reader.failed || count > (columns[metaColumnCount] as Uint8Array).length) return null
  const meta = columns.slice(0, metaColumnCount).map(bytes => new ByteReader(bytes))
  const [authors, bases, times, counters] = meta as [ByteReader, ByteReader, ByteReader, ByteReader]
  const updates = new UpdateColumnsReader(columns.slice(metaColumnCount))
  const counted = new Map<number, number>()
  const entries: FoldedEntry[] = []
  let before = nothingBefore
  for (let i = 0; i < count; i++) {
    const author = before.author + authors.signed()
    const counter = (counted.get(author) ?? 0) + 1 + counters.signed()
    counted.set(author, counter)
    before = {
      author,
      base: before.base + 1 + bases.signed(),
      at: before.at + times.signed(),
      counter,
      bytes: updates.next(),
    }
    entries.push(before)
  }
  return updates.failed || meta.some(column => column.failed) ? null : entries
}
