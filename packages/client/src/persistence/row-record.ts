import { ByteCursor, ByteWriter, concatBytes, crc32, equalBytes, seq } from '@tutti/core'
import type { OwnEdit } from './local-log.ts'
import type { RowKey } from './row-key.ts'

// A row, as it is stored: crc-32 of its key and everything behind the crc, little endian (4 bytes); format (1 byte); then
// the update of the copy, or for own edits their number, and counter, base and bytes of each.

const format = 1
const headBytes = 5

export function encodeCopy(key: RowKey, update: Uint8Array): Uint8Array {
  return sealed(key, update)
}

export function encodeEdits(key: RowKey, edits: readonly OwnEdit[]): Uint8Array {
  let bytes = 16
  for (const edit of edits) bytes += edit.bytes.length + 16
  const writer = new ByteWriter(bytes)
  writer.uint(edits.length)
  for (const edit of edits) writer.uint(edit.counter).uint(edit.base).block(edit.bytes)
  return sealed(key, writer.bytes())
}

/** The update, borrowed, or `null` when the record is not what was stored under this key. */
export function decodeCopy(key: RowKey, record: unknown): Uint8Array | null {
  return opened(key, record)
}

/** The edits, borrowed, or `null` when the record is not what was stored under this key. */
export function decodeEdits(key: RowKey, record: unknown): OwnEdit[] | null {
  const payload = opened(key, record)
  if (payload === null) return null
  const cursor = new ByteCursor(payload)
  const edits: OwnEdit[] = []
  for (let left = cursor.uint(); left > 0 && cursor.fault === null; left--) {
    edits.push({ counter: cursor.uint(), base: seq(cursor.uint()), bytes: cursor.take() })
  }
  return cursor.fault === null && cursor.at === payload.length ? edits : null
}

function sealed(key: RowKey, payload: Uint8Array): Uint8Array {
  const record = concatBytes([new Uint8Array(headBytes), payload])
  record[4] = format
  record.set(checksum(key, record), 0)
  return record
}

function opened(key: RowKey, record: unknown): Uint8Array | null {
  if (!(record instanceof Uint8Array) || record.length < headBytes || record[4] !== format) return null
  return equalBytes(checksum(key, record), record.subarray(0, 4)) ? record.subarray(headBytes) : null
}

/** Of the document and the content. The rest of the key is left out: rows may be moved. */
function checksum(key: RowKey, record: Uint8Array): Uint8Array {
  const place = new ByteWriter().string(key.doc).byte(key.own === null ? 0 : 1)
  if (key.own !== null) place.string(key.own.session)
  const value = crc32(record, 4, record.length, crc32(place.bytes()))
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
}
