import {
  type Author,
  type DocName,
  type Entry,
  type Finding,
  isWhole,
  readSealedEntry,
  type SealedEntry,
  seq,
  sealOf,
  TuttiError,
} from '@tutti/core'
import { entryKey, entryKeyLength, maxU48, numberOfKey, positionOfKey, positionOfRecord } from './level-keys.ts'
import type { ByteLevel, LevelSnapshot } from './open-level.ts'
import { checksum } from './records.ts'

/** So many records a step: few enough to share the event loop, enough to hide the step's cost. */
const stepRecords = 1000
const stepBytes = 1024 * 1024

export interface EntryRange {
  readonly doc: DocName
  readonly docNo: number
  /** Exclusive. */
  readonly after: number
  /** Inclusive: entries up to here are known to have been written. */
  readonly upTo: number
  /** Seal of the entry at `after`, when that is known. */
  readonly link: number | null
}

export interface ReadEntries {
  readonly entries: Entry[]
  readonly findings: Finding[]
}

/** Gives the author of a number, or `null` when its record is lost. */
export type AuthorSource = (number: number) => Author | null

const nobody: Author = { subject: '', device: '', session: '' }

/** Reads and checks every entry of a range. Whatever is wrong becomes a finding; what is before and after it is read. */
export async function readEntries(
  db: ByteLevel,
  snapshot: LevelSnapshot,
  range: EntryRange,
  authors: AuthorSource,
): Promise<ReadEntries> {
  return (await readHealthy(db, snapshot, range, authors)) ?? readDamaged(db, snapshot, range, authors)
}

/** The quick way, without keys: `null` as soon as anything is not as it must be. */
async function readHealthy(
  db: ByteLevel,
  snapshot: LevelSnapshot,
  range: EntryRange,
  authors: AuthorSource,
): Promise<ReadEntries | null> {
  const entries: Entry[] = []
  const iterator = db.values({
    gt: entryKey(range.docNo, range.after),
    lte: entryKey(range.docNo, maxU48),
    highWaterMarkBytes: stepBytes,
    snapshot,
  })
  try {
    let position = range.after
    let link = range.link
    for (;;) {
      const step = await iterator.nextv(stepRecords)
      if (step.length === 0) break
      const keep = slabFor(step)
      for (const record of step) {
        position++
        if (!isWhole(record, checksum) || positionOfRecord(record) !== position) return null
        const sealed = readSealedEntry(record, entryKeyLength)
        if (sealed === null || (link !== null && sealed.link !== link)) return null
        const author = authors(sealed.author)
        if (author === null) return null
        link = sealOf(record)
        entries.push(toEntry(position, sealed, author, keep(sealed.bytes)))
      }
    }
    return position === range.upTo ? { entries, findings: [] } : null
  } catch {
    return null
  } finally {
    await iterator.close()
  }
}

/** The careful way: one record at a time wherever the quick way cannot pass. */
async function readDamaged(
  db: ByteLevel,
  snapshot: LevelSnapshot,
  range: EntryRange,
  authors: AuthorSource,
): Promise<ReadEntries> {
  const entries: Entry[] = []
  const findings = new FindingList(range.doc)
  let link = range.link
  let position = range.after
  const accept = (found: number, record: Uint8Array) => {
    if (found > position + 1) {
      findings.add('missing-entries', position + 1, found - 1)
      link = null
    }
    position = found
    const sealed =
      isWhole(record, checksum) && positionOfRecord(record) === found ? readSealedEntry(record, entryKeyLength) : null
    if (sealed === null) {
      findings.add('damaged-entry', found, found)
      link = null
      return
    }
    if (link !== null && sealed.link !== link) findings.add('damaged-entry', found, found)
    link = sealOf(record)
    const author = authors(sealed.author)
    if (author === null) findings.add('unknown-record', found, found)
    entries.push(toEntry(found, sealed, author ?? nobody))
  }
  for await (const [found, record] of survivors(db, snapshot, range)) accept(found, record)
  if (position < range.upTo) findings.add('missing-entries', position + 1, range.upTo)
  if (position > range.upTo) findings.add('damaged-head', range.upTo + 1, position)
  return { entries, findings: findings.all() }
}

/** Every record of the range that LevelDB gives out, one way or the other, in order. */
async function* survivors(
  db: ByteLevel,
  snapshot: LevelSnapshot,
  range: EntryRange,
): AsyncGenerator<readonly [number, Uint8Array]> {
  let position = range.after
  for (;;) {
    const iterator = db.iterator({
      gt: entryKey(range.docNo, position),
      lte: entryKey(range.docNo, maxU48),
      highWaterMarkBytes: stepBytes,
      snapshot,
    })
    let failed = false
    try {
      // Smaller steps: what fails takes its whole step with it.
      for (let step = await iterator.nextv(16); step.length > 0; step = await iterator.nextv(16)) {
        for (const [key, record] of step) {
          if (key.length !== entryKeyLength || numberOfKey(key) !== range.docNo) continue
          const found = positionOfKey(key)
          if (found <= position) continue
          position = found
          yield [found, record]
        }
      }
    } catch {
      failed = true
    } finally {
      await iterator.close()
    }
    if (!failed) return
    // A block that cannot be read: ask for its entries one by one, until one is found behind it.
    let found: Uint8Array | undefined
    while (found === undefined && position < range.upTo) {
      position++
      found = await db.get(entryKey(range.docNo, position), { snapshot }).catch(() => undefined)
    }
    if (found === undefined) return
    yield [position, found]
  }
}

/**
 * Copies bytes into one piece of memory for a whole step. LevelDB gives every record memory of its own; holding on to a
 * quarter of a million of those costs more than everything else here.
 */
function slabFor(step: readonly Uint8Array[]): (bytes: Uint8Array) => Uint8Array {
  let length = 0
  for (const record of step) length += record.length
  const slab = new Uint8Array(length)
  let at = 0
  return bytes => {
    slab.set(bytes, at)
    at += bytes.length
    return new Uint8Array(slab.buffer, at - bytes.length, bytes.length)
  }
}

function toEntry(position: number, sealed: SealedEntry, author: Author, bytes: Uint8Array = sealed.bytes): Entry {
  return {
    seq: seq(position),
    bytes,
    at: sealed.at,
    base: sealed.base as Entry['base'],
    author,
    counter: sealed.counter,
  }
}

/** Findings of one document; those of one kind that touch become one. */
class FindingList {
  readonly #doc: DocName
  readonly #findings: Finding[] = []

  constructor(doc: DocName) {
    this.#doc = doc
  }

  add(kind: Finding['kind'], from: number, to: number) {
    const last = this.#findings.at(-1)
    const joins = last !== undefined && last.kind === kind && last.to + 1 === from
    if (joins) this.#findings.pop()
    const first = joins ? last.from : from
    this.#findings.push(entryFinding(this.#doc, kind, first, to))
  }

  all(): Finding[] {
    return this.#findings
  }
}

const sayings: Partial<Record<Finding['kind'], string>> = {
  'damaged-entry': 'damaged',
  'missing-entries': 'missing',
  'damaged-head': 'there, though the document should end before them',
  'unknown-record': 'by an author whose record is lost',
}

export function entryFinding(doc: DocName, kind: Finding['kind'], from: number, to: number): Finding {
  const what = from === to ? `entry ${from} of ${doc} is` : `entries ${from} to ${to} of ${doc} are`
  return { kind, doc, from: seq(from), to: seq(to), message: `${what} ${sayings[kind] ?? kind}` }
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
  const entries: Entry[] = []
  const iterator = db.values({
    gt: entryKey(range.docNo, range.after),
    lte: entryKey(range.docNo, range.upTo),
    highWaterMarkBytes: Math.min(stepBytes, Math.max(1, maxBytes)),
    snapshot,
  })
  const damaged = (position: number) => {
    const { message } = entryFinding(range.doc, 'damaged-entry', position, position)
    return new TuttiError('document-unavailable', message)
  }
  let position = range.after
  let bytes = 0
  let link = range.link
  try {
    while (position < range.upTo) {
      const step = await iterator.nextv(stepRecords)
      if (step.length === 0) throw damaged(position + 1)
      for (const record of step) {
        position++
        const isSound = isWhole(record, checksum) && positionOfRecord(record) === position
        const sealed = isSound ? readSealedEntry(record, entryKeyLength) : null
        const author = sealed === null ? null : authors(sealed.author)
        if (sealed === null || author === null || (link !== null && sealed.link !== link)) throw damaged(position)
        link = sealOf(record)
        bytes += sealed.bytes.length
        if (entries.length > 0 && bytes > maxBytes) return entries
        entries.push(toEntry(position, sealed, author))
      }
    }
    return entries
  } catch (error) {
    throw error instanceof TuttiError ? error : damaged(position + 1)
  } finally {
    await iterator.close()
  }
}
