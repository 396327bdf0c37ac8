import { isWhole, sealOf, TuttiError } from '@tutti/core'
import type { CheckpointPlace } from './records.ts'
import { RunReader } from './entry-run.ts'
import { bytesPerSegment, entriesPerSegment, type FoldedEntry, sealSegment, unsealSegment } from './history-segment.ts'
import { entryKey, isEntriesFrom, segmentKey } from './level-keys.ts'
import type { ByteLevel } from './byte-level.ts'
import { checksum } from './records.ts'

export interface Fold {
  /** Segments with their keys. */
  readonly segments: readonly (readonly [Uint8Array, Uint8Array])[]
  /** Bytes of the records that were read, and of the updates in them. */
  readonly recordBytes: number
  readonly updateBytes: number
  /** First position of the record the tail begins in now, and what it links to. */
  readonly tailFrom: number
  readonly link: number
}

/**
 * Packs the entries after the checkpoint at `before`, up to `upTo`, into history segments, each read back and compared
 * before it is given out. Rejects `document-unavailable` when an entry is not what was sealed: then nothing may be retired.
 */
export async function foldEntries(
  db: ByteLevel,
  docNo: number,
  before: CheckpointPlace,
  upTo: number,
  quality: number,
): Promise<Fold> {
  const segments: (readonly [Uint8Array, Uint8Array])[] = []
  const after = before.checkpointSeq
  let tailFrom = before.tailFrom
  let link = before.checkpointLink
  let position = tailFrom - 1
  let recordBytes = 0
  let updateBytes = 0
  let waiting: FoldedEntry[] = []
  let waitingBytes = 0
  const pack = async () => {
    const first = position - waiting.length + 1
    const record = await sealSegment(docNo, first, waiting, quality)
    const readBack = await unsealSegment(docNo, position, record)
    if (readBack === null || readBack.first !== first || !areEqual(readBack.entries, waiting)) {
      throw new TuttiError('internal', `entries ${first} to ${position} do not read back from their history segment`)
    }
    segments.push([segmentKey(docNo, position), record])
    waiting = []
    waitingBytes = 0
  }
  const reader = new RunReader()
  const iterator = db.values({
    gte: entryKey(docNo, tailFrom),
    lte: entryKey(docNo, upTo),
    highWaterMarkBytes: 1024 * 1024,
  })
  try {
    for (let step = await iterator.nextv(1000); step.length > 0; step = await iterator.nextv(1000)) {
      for (const record of step) {
        reader.open(record)
        if (!isWhole(record, checksum) || !isEntriesFrom(docNo, position + 1, record) || reader.link !== link) {
          throw damaged(position + 1)
        }
        recordBytes += record.length
        while (position < upTo && reader.next()) {
          position++
          if (position <= after) continue
          const { author, base, at, counter, start, end } = reader
          const bytes = new Uint8Array(record.buffer, record.byteOffset + start, end - start)
          updateBytes += bytes.length
          waitingBytes += bytes.length
          waiting.push({ author, base, at, counter, bytes })
          if (waiting.length >= entriesPerSegment || waitingBytes >= bytesPerSegment) await pack()
        }
        // What is left of this record is the beginning of the tail: it stays as it is.
        const isOver = !reader.next()
        if (reader.failed) throw damaged(position + 1)
        if (!isOver) break
        link = sealOf(record)
        tailFrom = position + 1
      }
    }
  } finally {
    await iterator.close()
  }
  if (position !== upTo) throw damaged(position + 1)
  if (waiting.length > 0) await pack()
  return { segments, recordBytes, updateBytes, tailFrom, link }
}

function damaged(position: number): TuttiError {
  return new TuttiError('document-unavailable', `entry ${position} is damaged or missing: it cannot be folded`)
}

function areEqual(a: readonly FoldedEntry[], b: readonly FoldedEntry[]): boolean {
  if (a.length !== b.length) return false
  return a.every((one, i) => {
    const other = b[i] as FoldedEntry
    return (
      one.author === other.author &&
      one.base === other.base &&
      one.at === other.at &&
      one.counter === other.counter &&
      Buffer.compare(one.bytes, other.bytes) === 0
    )
  })
}
