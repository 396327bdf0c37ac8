import { crc32 as nativeCrc32, deflate, inflate } from 'node:zlib'
import { promisify } from 'node:util'
import {
  type Author,
  type Checkpoint,
  crc32,
  type Deletion,
  type DocName,
  type Epoch,
  readU32,
  readU48,
  seal,
  seq,
  unseal,
  writeU32,
  writeU48,
} from '@tutti/core'
import { checkpointKey, formatKey, letters, nameKey, numberKey } from './level-keys.ts'

// What lies under the keys of level-keys.ts, each record sealed with its key.

/** Raised when a store written now could be misread by the code of before. */
export const storeFormat = 1

/** CRC-32 of `bytes` from `from`. A call into the host pays off only for more than a few hundred bytes. */
export function checksum(bytes: Uint8Array, from: number): number {
  return bytes.length - from < 512 ? crc32(bytes, from) : nativeCrc32(bytes.subarray(from))
}

/** How far a document goes. Written in the same batch as the entries it counts. */
export interface Head {
  readonly seq: number
  /** Seal of the record that ends with `seq`; 0 before the first. */
  readonly link: number
  readonly checkpointSeq: number
  /** How many checkpoints there were: the last part of the key of the present one. 0 for none. */
  readonly checkpointCount: number
  /** First position of the record the tail begins in: after the checkpoint, or before, where it ends within a record. */
  readonly tailFrom: number
  /** What that record links to. */
  readonly checkpointLink: number
  /** Bytes of all updates ever, and of those up to the checkpoint. */
  readonly bytes: number
  readonly checkpointBytes: number
  readonly epoch: Epoch
}

const text = new TextEncoder()
const untext = new TextDecoder()

const headPayloadAt = 10

/** Seals the head of one document again and again, in the same bytes: it is the record written most often. */
export class HeadSealer {
  readonly key: Uint8Array
  readonly #record: Uint8Array

  constructor(docNo: number, epoch: Epoch) {
    const bytes = text.encode(epoch)
    this.key = numberKey(letters.head, docNo)
    const payload = new Uint8Array(42 + bytes.length)
    payload.set(bytes, 42)
    this.#record = seal(this.key, payload, checksum)
  }

  /** Borrowed until the next call. */
  seal(progress: Pick<Head, 'seq' | 'link' | 'bytes'>, checkpoint: CheckpointPlace): Uint8Array {
    const record = this.#record
    writeU48(record, headPayloadAt, progress.seq)
    writeU48(record, headPayloadAt + 6, checkpoint.checkpointSeq)
    writeU32(record, headPayloadAt + 12, progress.link)
    writeU32(record, headPayloadAt + 16, checkpoint.checkpointCount)
    writeU32(record, headPayloadAt + 20, checkpoint.checkpointLink)
    writeU48(record, headPayloadAt + 24, progress.bytes)
    writeU48(record, headPayloadAt + 30, checkpoint.checkpointBytes)
    writeU48(record, headPayloadAt + 36, checkpoint.tailFrom)
    writeU32(record, 0, checksum(record, 4))
    return record
  }
}

export type CheckpointPlace = Pick<
  Head,
  'checkpointSeq' | 'checkpointCount' | 'checkpointLink' | 'checkpointBytes' | 'tailFrom'
>

export function sealHead(docNo: number, head: Head): Uint8Array {
  return new HeadSealer(docNo, head.epoch).seal(head, head)
}

export function unsealHead(docNo: number, record: Uint8Array): Head | null {
  const payload = unseal(numberKey(letters.head, docNo), record, checksum)
  if (payload === null || payload.length < 43) return null
  return {
    seq: readU48(payload, 0),
    checkpointSeq: readU48(payload, 6),
    link: readU32(payload, 12),
    checkpointCount: readU32(payload, 16),
    checkpointLink: readU32(payload, 20),
    bytes: readU48(payload, 24),
    checkpointBytes: readU48(payload, 30),
    tailFrom: readU48(payload, 36),
    epoch: untext.decode(payload.subarray(42)) as Epoch,
  }
}

/** The number of a document. Its epoch is told twice, so that a lost head does not lose it. */
export interface Named {
  readonly docNo: number
  readonly epoch: Epoch
}

export function sealName(doc: DocName, named: Named): Uint8Array {
  const epoch = text.encode(named.epoch)
  const payload = new Uint8Array(4 + epoch.length)
  writeU32(payload, 0, named.docNo)
  payload.set(epoch, 4)
  return seal(nameKey(doc), payload, checksum)
}

export function unsealName(doc: DocName, record: Uint8Array): Named | null {
  const payload = unseal(nameKey(doc), record, checksum)
  if (payload === null || payload.length < 5) return null
  return { docNo: readU32(payload, 0), epoch: untext.decode(payload.subarray(4)) as Epoch }
}

export function sealAuthor(number: number, author: Author): Uint8Array {
  const payload = text.encode(JSON.stringify([author.subject, author.device, author.session]))
  return seal(numberKey(letters.author, number), payload, checksum)
}

export function unsealAuthor(number: number, record: Uint8Array): Author | null {
  const payload = unseal(numberKey(letters.author, number), record, checksum)
  if (payload === null) return null
  try {
    const words = JSON.parse(untext.decode(payload)) as unknown
    if (!Array.isArray(words) || words.length !== 3 || words.some(word => typeof word !== 'string')) return null
    const [subject, device, session] = words as [string, string, string]
    return { subject, device, session }
  } catch {
    return null
  }
}

export function sealMark(docNo: number, { at, by }: Deletion): Uint8Array {
  const who = text.encode(by)
  const payload = new Uint8Array(6 + who.length)
  writeU48(payload, 0, at)
  payload.set(who, 6)
  return seal(numberKey(letters.mark, docNo), payload, checksum)
}

export function unsealMark(docNo: number, record: Uint8Array): Deletion | null {
  const payload = unseal(numberKey(letters.mark, docNo), record, checksum)
  if (payload === null || payload.length < 6) return null
  return { at: readU48(payload, 0), by: untext.decode(payload.subarray(6)) }
}

/** A document that is gone. */
export interface Removed {
  /** Nothing of it is left to delete. */
  readonly swept: boolean
  /** "" where it was lost before. */
  readonly epoch: string
}

export function sealRemoved(docNo: number, { swept, epoch }: Removed): Uint8Array {
  const bytes = text.encode(epoch)
  const payload = new Uint8Array(1 + bytes.length)
  payload[0] = swept ? 1 : 0
  payload.set(bytes, 1)
  return seal(numberKey(letters.removed, docNo), payload, checksum)
}

export function unsealRemoved(docNo: number, record: Uint8Array): Removed | null {
  const payload = unseal(numberKey(letters.removed, docNo), record, checksum)
  return payload === null ? null : { swept: payload[0] === 1, epoch: untext.decode(payload.subarray(1)) }
}

export function sealStoreFormat(): Uint8Array {
  return seal(formatKey, Uint8Array.of(storeFormat), checksum)
}

export function unsealStoreFormat(record: Uint8Array): number | null {
  return unseal(formatKey, record, checksum)?.[0] ?? null
}

const deflated = promisify(deflate) as (bytes: Uint8Array) => Promise<Uint8Array>
const inflated = promisify(inflate) as (bytes: Uint8Array) => Promise<Uint8Array>

/** Below this a state is kept as it is: deflating gains nothing worth its time. */
const deflateFromBytes = 1024
const checkpointHeader = 18

export async function sealCheckpoint(docNo: number, count: number, checkpoint: Checkpoint): Promise<Uint8Array> {
  const isDeflated = checkpoint.bytes.length >= deflateFromBytes
  const body = isDeflated ? await deflated(checkpoint.bytes) : checkpoint.bytes
  const content = text.encode(checkpoint.content)
  const payload = new Uint8Array(checkpointHeader + content.length + body.length)
  payload[0] = isDeflated ? 1 : 0
  writeU48(payload, 1, checkpoint.seq)
  writeU48(payload, 7, checkpoint.at)
  // Of the bytes before deflating, so that what inflating gives back is checked too.
  writeU32(payload, 13, checksum(checkpoint.bytes, 0))
  payload[17] = content.length
  payload.set(content, checkpointHeader)
  payload.set(body, checkpointHeader + content.length)
  return seal(checkpointKey(docNo, count), payload, checksum)
}

export async function unsealCheckpoint(docNo: number, count: number, record: Uint8Array): Promise<Checkpoint | null> {
  const payload = unseal(checkpointKey(docNo, count), record, checksum)
  if (payload === null || payload.length < checkpointHeader) return null
  const bodyAt = checkpointHeader + (payload[17] as number)
  const body = payload.subarray(bodyAt)
  let bytes = body
  if (payload[0] === 1) {
    try {
      bytes = await inflated(body)
    } catch {
      return null
    }
  }
  if (checksum(bytes, 0) !== readU32(payload, 13)) return null
  return {
    seq: seq(readU48(payload, 1)),
    at: readU48(payload, 7),
    content: untext.decode(payload.subarray(checkpointHeader, bodyAt)),
    // A view of its own, so that nobody holds on to the record or meets Node's Buffer.
    bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
  }
}
