import { type DocName, type Entry, seq, TuttiError } from '@tutti/core'
import { type FoldedEntry, unsealSegment } from './history-segment.ts'
import { maxU48, positionOfKey, segmentKey } from './level-keys.ts'
import type { ByteLevel, LevelSnapshot } from './byte-level.ts'
import { ifDamaged } from './not-damage.ts'
import type { AuthorSource } from './run-walk.ts'

/** Entries of history segments. Rejects `document-unavailable` when one of them cannot be read: a gap is never silent. */
export async function readHistory(
  db: ByteLevel,
  snapshot: LevelSnapshot,
  doc: DocName,
  docNo: number,
  from: number,
  to: number,
  authors: AuthorSource,
): Promise<Entry[]> {
  const entries: Entry[] = []
  let position = from - 1
  const iterator = db.iterator({ gte: segmentKey(docNo, from), lte: segmentKey(docNo, maxU48), snapshot })
  try {
    while (position < to) {
      const next = await iterator.next()
      if (next === undefined) throw lost(doc, position + 1, to)
      const last = positionOfKey(next[0])
      const segment = await unsealSegment(docNo, last, next[1])
      if (segment === null || segment.first > position + 1) throw lost(doc, position + 1, Math.min(last, to))
      for (; position < Math.min(last, to); position++) {
        const { author: number, ...entry } = segment.entries[position + 1 - segment.first] as FoldedEntry
        const author = authors(number)
        if (author === null) throw lost(doc, position + 1, position + 1)
        entries.push({ ...entry, base: seq(entry.base), author, seq: seq(position + 1) })
      }
    }
  } catch (error) {
    if (error instanceof TuttiError) throw error
    throw ifDamaged(lost(doc, position + 1, to))(error)
  } finally {
    await iterator.close()
  }
  return entries
}

function lost(doc: DocName, from: number, to: number): TuttiError {
  return new TuttiError('document-unavailable', `history of ${doc} from ${from} to ${to} is damaged or missing`)
}
