import { type Checkpoint, type CompactionReport, equalBytes, TuttiError } from '@tutti/core'
import type { DocumentState } from './document-table.ts'
import { foldEntries } from './fold-entries.ts'
import { checkpointKey, entryKey } from './level-keys.ts'
import type { LevelStore } from './level-store.ts'
import { sealCheckpoint, unsealCheckpoint } from './records.ts'

/** From here on, deleted entries are worth a compaction of their own: LevelDB would keep them for long. */
const compactFromBytes = 1024 * 1024

/**
 * Writes a checkpoint, reads it back, makes it the one the head names, and turns the entries it folds into history of
 * `quality`. Throws `RangeError` where no checkpoint can be. One at a time for a document, while the store stays the same.
 */
export async function storeCheckpoint(
  store: LevelStore,
  document: DocumentState,
  checkpoint: Checkpoint,
  quality: number,
): Promise<CompactionReport> {
  const { doc, docNo, checkpointSeq: before, checkpointCount } = document
  store.refuseWhenBroken()
  if (docNo === 0 || checkpoint.seq < Math.max(1, before) || checkpoint.seq > document.acked.seq) {
    throw new RangeError(`no checkpoint of ${doc} can be at ${checkpoint.seq}`)
  }
  const { db } = store
  const fold = await foldEntries(db, docNo, document, checkpoint.seq, quality)
  const count = checkpointCount + 1
  const recordBytes = await writeAndReadBack(store, document, count, checkpoint)
  const outdated = checkpointCount === 0 ? null : checkpointKey(docNo, checkpointCount)
  const outdatedBytes = outdated === null ? 0 : ((await db.get(outdated))?.length ?? 0)
  // From this commit on the entries are retired: readers begin after the checkpoint the head names.
  await store.write({
    document,
    fill(batch) {
      document.checkpointSeq = checkpoint.seq
      document.checkpointCount = count
      document.checkpointLink = fold.link
      document.tailFrom = fold.tailFrom
      document.checkpointBytes += fold.updateBytes
      for (const [segment, bytes] of fold.segments) batch.put(segment, bytes)
      if (outdated !== null) batch.del(outdated)
    },
  })
  const isLong = fold.recordBytes >= compactFromBytes
  // Deletes that reach a table together with what they delete would stay there with it: what is in memory goes ahead.
  if (isLong) await db.compactRange(entryKey(docNo, 0), entryKey(docNo, 0)).catch(() => {})
  // What is deleted now is read by nobody; in a batch of their own the deletes would hold up every other document.
  await store.changing(() => db.clear({ gte: entryKey(docNo, 0), lt: entryKey(docNo, fold.tailFrom) }))
  if (isLong) await db.compactRange(entryKey(docNo, 0), entryKey(docNo, fold.tailFrom)).catch(() => {})
  return {
    bytesBefore: outdatedBytes + fold.recordBytes,
    bytesAfter: fold.segments.reduce((sum, [, bytes]) => sum + bytes.length, recordBytes),
    entriesFolded: checkpoint.seq - before,
  }
}

/** Gives the length of the record. */
async function writeAndReadBack(
  store: LevelStore,
  { doc, docNo }: DocumentState,
  count: number,
  checkpoint: Checkpoint,
): Promise<number> {
  const key = checkpointKey(docNo, count)
  const record = await sealCheckpoint(docNo, count, checkpoint)
  await store.changing(db => db.put(key, record))
  const stored = await store.db.get(key)
  const readBack = stored === undefined ? null : await unsealCheckpoint(docNo, count, stored)
  if (readBack === null || !equalBytes(readBack.bytes, checkpoint.bytes) || readBack.seq !== checkpoint.seq) {
    throw new TuttiError('store-unavailable', `the checkpoint of ${doc} at ${checkpoint.seq} does not read back`)
  }
  return record.length
}
