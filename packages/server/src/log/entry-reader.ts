import { type Entry, TuttiError } from '@tutti/core'
import type { CheckedRecords } from './checked-records.ts'
import { entryFinding } from './entry-finding.ts'
import { entryKey, maxU48, positionOfKey } from './level-keys.ts'
import type { ByteLevel, LevelSnapshot } from './byte-level.ts'
import { ifDamaged } from './not-damage.ts'
import { type AuthorSource, type EntryRange, RunWalk } from './run-walk.ts'

/** So much a step: little enough to share the event loop, enough to hide the step's cost. */
const stepRecords = 1000
const stepBytes = 256 * 1024
/** Smaller records are copied together: each has memory of its own, and entries hold on to it. */
const smallRecordBytes = 512

/** First position of the record that holds `position`: itself where there is none. */
export async function recordOf(
  db: ByteLevel,
  docNo: number,
  position: number,
  snapshot: LevelSnapshot,
): Promise<number> {
  const range = { gte: entryKey(docNo, 0), lte: entryKey(docNo, position), reverse: true, limit: 1, snapshot }
  const [key] = await db.keys(range).all().catch(ifDamaged([]))
  return key === undefined ? position : positionOfKey(key)
}

/**
 * Reads and checks every record of a range. `null` as soon as anything is not as it must be: then `readDamaged` tells what,
 * and reads the rest.
 */
export async function readRecords(
  db: ByteLevel,
  snapshot: LevelSnapshot,
  range: EntryRange,
  authors: AuthorSource,
): Promise<CheckedRecords | null> {
  const walk = new RunWalk(range, authors)
  // Without keys: each record tells its own.
  const iterator = db.values({
    gte: entryKey(range.docNo, range.from),
    lte: entryKey(range.docNo, maxU48),
    highWaterMarkBytes: stepBytes,
    snapshot,
  })
  try {
    // One step is read while the one before it is checked.
    let reading = iterator.nextv(stepRecords)
    for (;;) {
      const step = await reading
      if (step.length === 0) break
      reading = iterator.nextv(stepRecords)
      reading.catch(() => {})
      const together = togetherWith(step)
      for (const record of step) if (!walk.take(together(record))) return null
    }
    return walk.position === range.upTo ? walk.records : null
  } catch (error) {
    return ifDamaged(null)(error)
  } finally {
    await iterator.close()
  }
}

/** Copies small records into one piece of memory for a whole step. */
function togetherWith(step: readonly Uint8Array[]): (record: Uint8Array) => Uint8Array {
  let length = 0
  for (const record of step) if (record.length < smallRecordBytes) length += record.length
  const slab = new Uint8Array(length)
  let at = 0
  return record => {
    if (record.length >= smallRecordBytes) return record
    slab.set(record, at)
    at += record.length
    return slab.subarray(at - record.length, at)
  }
}

/**
 * Entries after `after` of about `maxBytes` together, at least one where there is one. Rejects `document-unavailable` when
 * one of them is not what was sealed.
 */
export async function readPage(
  db: ByteLevel,
  snapshot: LevelSnapshot,
  range: EntryRange,
  maxBytes: number,
  authors: AuthorSource,
): Promise<Entry[]> {
  const walk = new RunWalk(range, authors)
  const iterator = db.values({
    gte: entryKey(range.docNo, range.from),
    lte: entryKey(range.docNo, range.upTo),
    highWaterMarkBytes: Math.min(stepBytes, Math.max(1, maxBytes)),
    snapshot,
  })
  const damaged = (position: number) => {
    const { message } = entryFinding(range.doc, 'damaged-entry', position, position)
    return new TuttiError('document-unavailable', message)
  }
  try {
    while (walk.position < range.upTo && walk.updateBytes <= maxBytes) {
      const step = await iterator.nextv(stepRecords)
      if (step.length === 0) throw damaged(walk.position + 1)
      for (const record of step) {
        if (walk.updateBytes > maxBytes) break
        if (!walk.take(record)) throw damaged(walk.position + 1)
      }
    }
    return firstOf(walk.records.entries(), maxBytes)
  } catch (error) {
    throw error instanceof TuttiError ? error : ifDamaged(damaged(walk.position + 1))(error)
  } finally {
    await iterator.close()
  }
}

/** As many as have `maxBytes` together; at least one where there is one. */
function firstOf(entries: Entry[], maxBytes: number): Entry[] {
  let bytes = 0
  const over = entries.findIndex(entry => (bytes += entry.bytes.length) > maxBytes)
  return over < 0 ? entries : entries.slice(0, Math.max(1, over))
}
