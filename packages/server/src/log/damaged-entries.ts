import { type Author, type Entry, isWhole, sealOf } from '@tutti/core'
import { toEntry } from './checked-records.ts'
import { FindingList } from './entry-finding.ts'
import { RunReader } from './entry-run.ts'
import { entryKey, entryKeyLength, isEntriesFrom, maxU48, numberOfKey, positionOfKey } from './level-keys.ts'
import type { ByteLevel, LevelSnapshot } from './byte-level.ts'
import { ifDamaged } from './not-damage.ts'
import { checksum } from './records.ts'
import type { AuthorSource, EntryRange, ReadEntries } from './run-walk.ts'

const stepRecords = 16
const stepBytes = 1024 * 1024
const nobody: Author = { subject: '', device: '', session: '' }

/**
 * Reads what can be read of a range in which something is wrong, one record at a time. How many entries were in a record
 * that does not open is not known: its damage reaches to the next record.
 */
export async function readDamaged(
  db: ByteLevel,
  snapshot: LevelSnapshot,
  range: EntryRange,
  authors: AuthorSource,
): Promise<ReadEntries> {
  const { after, upTo } = range
  const entries: Entry[] = []
  const findings = new FindingList(range.doc, after)
  const reader = new RunReader()
  let link = range.link
  let position = range.from - 1
  let isDamaged = false
  /** Tells what lies before `next`, and was not read. */
  const tellGap = (next: number) => {
    if (next > position + 1) findings.add(isDamaged ? 'damaged-entry' : 'missing-entries', position + 1, next - 1)
    if (next > position + 1 || isDamaged) link = null
    isDamaged = false
  }
  for await (const [first, record] of survivors(db, snapshot, range)) {
    tellGap(first)
    position = first - 1
    const read = isWhole(record, checksum) && isEntriesFrom(range.docNo, first, record) ? readAll(reader, record) : null
    if (read === null) {
      isDamaged = true
      continue
    }
    if (link !== null && reader.link !== link) findings.add('damaged-entry', first, first + read.length - 1)
    link = sealOf(record)
    for (const { author: number, entry } of read) {
      position++
      const author = authors(number)
      if (author === null) findings.add('unknown-record', position, position)
      if (position > after) entries.push({ ...entry, seq: position as Entry['seq'], author: author ?? nobody })
    }
  }
  if (position < upTo || isDamaged) tellGap(Math.max(upTo, position + 1) + 1)
  if (position > upTo) findings.add('damaged-head', upTo + 1, position)
  return { entries, findings: findings.all() }
}

interface Unnamed {
  readonly author: number
  readonly entry: Entry
}

/** All entries of a whole record, or `null` when it does not read to its end. */
function readAll(reader: RunReader, record: Uint8Array): Unnamed[] | null {
  const all: Unnamed[] = []
  reader.open(record)
  while (reader.next()) all.push({ author: reader.author, entry: toEntry(0, reader, nobody, record) })
  return reader.failed ? null : all
}

/** Every record of the range that LevelDB gives out, one way or the other, in order. */
async function* survivors(
  db: ByteLevel,
  snapshot: LevelSnapshot,
  range: EntryRange,
): AsyncGenerator<readonly [number, Uint8Array]> {
  let position = range.from - 1
  for (;;) {
    const iterator = db.iterator({
      gt: entryKey(range.docNo, position),
      lte: entryKey(range.docNo, maxU48),
      highWaterMarkBytes: stepBytes,
      snapshot,
    })
    let failed = false
    try {
      // Small steps: what fails takes its whole step with it.
      for (let step = await iterator.nextv(stepRecords); step.length > 0; step = await iterator.nextv(stepRecords)) {
        for (const [key, record] of step) {
          if (key.length !== entryKeyLength || numberOfKey(key) !== range.docNo) continue
          const found = positionOfKey(key)
          if (found <= position) continue
          position = found
          yield [found, record]
        }
      }
    } catch (error) {
      failed = ifDamaged(true)(error)
    } finally {
      await iterator.close()
    }
    if (!failed) return
    // A block that cannot be read: ask for its records one by one, until one is found behind it.
    let found: Uint8Array | undefined
    while (found === undefined && position < range.upTo) {
      position++
      found = await db.get(entryKey(range.docNo, position), { snapshot }).catch(ifDamaged(undefined))
    }
    if (found === undefined) return
    yield [position, found]
  }
}
