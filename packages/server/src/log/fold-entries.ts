import { isWhole, readSealedEntry, sealOf, TuttiError } from '@tutti/core'
import { bytesPerSegment, entriesPerSegment, type FoldedEntry, sealSegment, unsealSegment } from './history-segment.ts'
import { entryKey, entryKeyLength, positionOfRecord, segmentKey } from './level-keys.ts'
import type { ByteLevel } from './open-level.ts'
import { checksum } from './records.ts'

export interface Fold {
  /** Segments with their keys. */
  readonly segments: readonly (readonly [Uint8Array, Uint8Array])[]
  /** Bytes of the records that were read, and of the updates in them. */
  readonly recordBytes: number
  readonly updateBytes: number
  /** Seal of the last entry. */
  readonly link: number
}

/**
 * Packs the entries after `after`, up to `upTo`, into history segments, each read back and compared before it is given out.
 * Rejects `document-unavailable` when an entry is not what was sealed: then nothing may be retired.
 */
export async function foldEntries(
  db: ByteLevel,
  docNo: number,
  after: number,
  upTo: number,
  link: number,
  quality: number,
): Promise<Fold> {
  const segments: (readonly [Uint8Array, Uint8Array])[] = []
  let position = after
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
  const iterator = db.values({
    gt: entryKey(docNo, after),
    lte: entryKey(docNo, upTo),
    highWaterMarkBytes: 1024 * 1024,
  })
  try {
    for (let step = await iterator.nextv(1000); step.length > 0; step = await iterator.nextv(1000)) {
      for (const record of step) {
        position++
        const entry = isWhole(record, checksum) ? readSealedEntry(record, entryKeyLength) : null
        if (entry === null || positionOfRecord(record) !== position || entry.link !== link) {
          throw new TuttiError('document-unavailable', `entry ${position} is damaged or missing: it cannot be folded`)
        }
        link = sealOf(record)
        recordBytes += record.length
        updateBytes += entry.bytes.length
        waitingBytes += entry.bytes.length
        waiting.push(entry)
        if (waiting.length >= entriesPerSegment || waitingBytes >= bytesPerSegment) await pack()
      }
    }
  } finally {
    await iterator.close()
  }
  if (position !== upTo) {
    throw new TuttiError('document-unavailable', `entry ${position + 1} is missing: it cannot be folded`)
  }
  if (waiting.length > 0) await pack()
  return { segments, recordBytes, updateBytes, link }
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
