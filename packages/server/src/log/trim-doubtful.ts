import type { DocName } from '@tutti/core'
import type { Progress } from './document-table.ts'
import { entryKey, letters, maxU48, nameKey, numberKey } from './level-keys.ts'
import type { ByteLevel } from './byte-level.ts'
import { sealHead, unsealHead } from './records.ts'

/** A document that was in a commit that failed: it may be on disk or not. */
export interface Doubt {
  readonly doc: DocName
  readonly docNo: number
  /** What was acknowledged before. */
  readonly acked: Progress
}

/**
 * Makes a store that was opened again hold what was acknowledged and nothing more. What landed of a refused append is taken
 * out, so that its positions can be given to others. What landed of a refused checkpoint stays: it is complete, and gave
 * nothing away.
 */
export async function trimDoubtful(db: ByteLevel, doubts: Iterable<Doubt>): Promise<void> {
  const batch = db.batch()
  let changed = 0
  for (const { doc, docNo, acked } of doubts) {
    const headKey = numberKey(letters.head, docNo)
    const record = await db.get(headKey)
    const head = record === undefined ? null : unsealHead(docNo, record)
    if (head === null || head.seq <= acked.seq) continue
    changed++
    for await (const key of db.keys({ gt: entryKey(docNo, acked.seq), lte: entryKey(docNo, maxU48) })) batch.del(key)
    if (acked.seq === 0) {
      batch.del(headKey)
      batch.del(nameKey(doc))
    } else {
      batch.put(headKey, sealHead(docNo, { ...head, ...acked }))
    }
  }
  if (changed > 0) await batch.write({ sync: true })
  else await batch.close()
}
