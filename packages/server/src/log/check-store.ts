import { type Deletion, type DocName, type Epoch, type Finding, seq, TuttiError } from '@tutti/core'
import type { HeadJournal } from './head-journal.ts'
import {
  entryKey,
  formatKey,
  letters,
  maxU32,
  maxU48,
  nameOfKey,
  numberKey,
  numberOfKey,
  positionOfKey,
} from './level-keys.ts'
import type { ByteLevel } from './byte-level.ts'
import { ifDamaged } from './not-damage.ts'
import { storeFormat, unsealHead, unsealMark, unsealName, unsealRemoved, unsealStoreFormat } from './records.ts'

/** What holding the store against its journal shows. */
export interface StoreCheck {
  /** Findings of the store as a whole. */
  readonly findings: readonly Finding[]
  /** Findings by document number. */
  readonly troubles: ReadonlyMap<number, readonly Finding[]>
  /** Documents whose name record is gone: their numbers, from the journal. */
  readonly misplaced: ReadonlyMap<DocName, number>
  /** Documents that are marked as deleted, by number. */
  readonly marks: ReadonlyMap<number, Deletion>
  /** Removed documents that may have left something behind. */
  readonly unswept: readonly number[]
  readonly removedEpochs: ReadonlySet<Epoch>
  readonly nextDocNo: number
  readonly nextAuthor: number
}

/** Authors whose records were lost must not have their numbers given again: some entry may still name them. */
const authorGap = 1_000_000

const seenAs = { head: 1, name: 2, removed: 4 } as const

/** Refuses a store written by a newer version. `null` when it is ours; otherwise what is wrong with its mark. */
export function checkFormat(record: Uint8Array | undefined, location: string): Finding | null {
  const format = record === undefined ? null : unsealStoreFormat(record)
  if (format === null) return storeFinding('unknown-record', `${location} has no readable format mark`)
  if (format > storeFormat) {
    throw new TuttiError(
      'unsupported-version',
      `${location} was written by a newer version (format ${format}; this one knows ${storeFormat})`,
    )
  }
  return null
}

export function storeFinding(kind: Finding['kind'], message: string): Finding {
  return { kind, doc: null, from: seq(0), to: seq(0), message }
}

export async function checkStore(
  db: ByteLevel,
  journal: HeadJournal,
  names: ReadonlyMap<number, DocName>,
  brokenKeys: readonly Uint8Array[],
): Promise<StoreCheck> {
  const seen = new SeenTable()
  const rough: Rough[] = []
  const unswept: number[] = []
  const removedEpochs = new Set<Epoch>()
  const marks = new Map<number, Deletion>()
  const findings: Finding[] = []

  for await (const [key, record] of records(db, letters.removed)) {
    const docNo = numberOfKey(key)
    const removed = key.length === 5 ? unsealRemoved(docNo, record) : null
    if (removed === null)
      findings.push(storeFinding('unknown-record', `the mark that document ${docNo} was removed is damaged`))
    else {
      if (!removed.swept) unswept.push(docNo)
      if (removed.epoch !== '') removedEpochs.add(removed.epoch as Epoch)
    }
    seen.add(docNo, seenAs.removed)
  }
  for await (const [key, record] of records(db, letters.head)) {
    const docNo = numberOfKey(key)
    const head = key.length === 5 ? unsealHead(docNo, record) : null
    seen.add(docNo, seenAs.head)
    if (head === null)
      rough.push({ docNo, kind: 'damaged-head', from: 0, to: 0, message: 'the head record is damaged' })
    else compareHead(docNo, head, journal, rough)
  }
  for await (const [key, record] of records(db, letters.mark)) {
    const docNo = numberOfKey(key)
    const mark = key.length === 5 ? unsealMark(docNo, record) : null
    if (mark !== null) marks.set(docNo, mark)
    else
      rough.push({ docNo, kind: 'unknown-record', from: 0, to: 0, message: 'the mark that it was deleted is damaged' })
  }
  const known = new Map<number, DocName>()
  for await (const [key, record] of records(db, letters.name)) {
    const name = nameOfKey(key)
    const named = unsealName(name, record)
    if (named === null) {
      findings.push(storeFinding('unknown-record', `the record of the name ${JSON.stringify(name)} is damaged`))
      continue
    }
    seen.add(named.docNo, seenAs.name)
    if (!seen.has(named.docNo, seenAs.head)) {
      rough.push({ docNo: named.docNo, kind: 'damaged-head', from: 0, to: 0, message: 'the head record is missing' })
    }
    if (names.get(named.docNo) !== name) journal.noteName(named.docNo, name)
    known.set(named.docNo, name)
  }
  const misplaced = new Map<DocName, number>()
  for (let docNo = 0; docNo < Math.max(seen.size, journal.size); docNo++) {
    if (seen.has(docNo, seenAs.name) || seen.has(docNo, seenAs.removed) || journal.isRemoved(docNo)) continue
    if (!seen.has(docNo, seenAs.head) && journal.head(docNo) === null) continue
    const name = names.get(docNo)
    if (name !== undefined) misplaced.set(name, docNo)
    const to = journal.head(docNo)?.seq ?? 0
    rough.push({ docNo, kind: 'missing-document', from: 0, to, message: 'its name is not in the store' })
  }
  for (const key of brokenKeys) {
    if (key[0] === letters.entry) rough.push(await brokenEntries(db, journal, key))
    else rough.push(...brokenRecord(key, findings))
  }

  const troubles = new Map<number, Finding[]>()
  for (const { docNo, kind, from, to, message } of rough) {
    const doc = known.get(docNo) ?? names.get(docNo) ?? null
    const finding: Finding = {
      kind,
      doc,
      from: seq(from),
      to: seq(to),
      message: `${doc ?? `document ${docNo}`}: ${message}`,
    }
    troubles.set(docNo, [...(troubles.get(docNo) ?? []), finding])
    findings.push(finding)
  }
  const lastAuthor = await lastNumber(db, letters.author)
  return {
    findings,
    troubles,
    misplaced,
    marks,
    unswept,
    removedEpochs,
    nextDocNo: Math.max(1, seen.size, journal.size),
    nextAuthor: lastAuthor + 1 + (findings.length > 0 ? authorGap : 0),
  }
}

interface Rough {
  readonly docNo: number
  readonly kind: Finding['kind']
  readonly from: number
  readonly to: number
  readonly message: string
}

function compareHead(
  docNo: number,
  head: { readonly seq: number; readonly link: number; readonly checkpointSeq: number },
  journal: HeadJournal,
  rough: Rough[],
) {
  if (journal.isRemoved(docNo)) {
    rough.push({ docNo, kind: 'damaged-head', from: 0, to: head.seq, message: 'it was removed, and is back' })
    return
  }
  const told = journal.head(docNo)
  if (told === null || head.seq > told.seq || head.checkpointSeq > told.checkpointSeq) {
    journal.noteHead(docNo, head.seq, head.link, head.checkpointSeq)
  }
  if (told === null) return
  if (head.seq < told.seq) {
    const message = `entries ${head.seq + 1} to ${told.seq} were stored, and are missing`
    rough.push({ docNo, kind: 'missing-entries', from: head.seq + 1, to: told.seq, message })
  } else if (head.seq === told.seq && head.link !== told.link) {
    rough.push({
      docNo,
      kind: 'damaged-entry',
      from: head.seq,
      to: head.seq,
      message: `entry ${head.seq} is another one`,
    })
  }
  if (head.checkpointSeq < told.checkpointSeq) {
    const message = `the checkpoint at ${told.checkpointSeq} is missing`
    rough.push({ docNo, kind: 'damaged-checkpoint', from: head.checkpointSeq, to: told.checkpointSeq, message })
  }
}

/** How many entries the record had is told by where the next one begins. */
async function brokenEntries(db: ByteLevel, journal: HeadJournal, key: Uint8Array): Promise<Rough> {
  const docNo = numberOfKey(key)
  const from = positionOfKey(key)
  const [next] = await db
    .keys({ gt: key, lte: entryKey(docNo, maxU48), limit: 1 })
    .all()
    .catch(ifDamaged([]))
  const to = Math.max(from, next === undefined ? (journal.head(docNo)?.seq ?? 0) : positionOfKey(next) - 1)
  const what = from === to ? `entry ${from} is` : `entries ${from} to ${to} are`
  return { docNo, kind: 'damaged-entry', from, to, message: `${what} damaged` }
}

/** Names, heads, marks and removals were read again; what the look from outside adds is what lies behind them. */
function brokenRecord(key: Uint8Array, findings: Finding[]): Rough[] {
  const letter = key[0]
  const docNo = numberOfKey(key)
  if (letter === letters.checkpoint) {
    return [{ docNo, kind: 'damaged-checkpoint', from: 0, to: 0, message: 'a checkpoint is damaged' }]
  }
  if (letter === letters.segment) {
    const to = positionOfKey(key)
    return [{ docNo, kind: 'damaged-entry', from: 0, to, message: `history up to ${to} is damaged` }]
  }
  if (letter === letters.author)
    findings.push(storeFinding('unknown-record', `the record of author ${docNo} is damaged`))
  else if (
    letter !== letters.name &&
    letter !== letters.head &&
    letter !== letters.removed &&
    letter !== letters.mark &&
    !isSame(key, formatKey)
  ) {
    findings.push(storeFinding('unknown-record', 'a record that belongs to nothing'))
  }
  return []
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

async function* records(
  db: ByteLevel,
  letter: (typeof letters)[keyof typeof letters],
): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
  const iterator = db.iterator({
    gte: Uint8Array.of(letter),
    lt: Uint8Array.of(letter + 1),
    highWaterMarkBytes: 1 << 20,
  })
  try {
    for (let step = await iterator.nextv(1000); step.length > 0; step = await iterator.nextv(1000)) yield* step
  } finally {
    await iterator.close()
  }
}

async function lastNumber(db: ByteLevel, letter: typeof letters.author): Promise<number> {
  const keys = await db
    .keys({ gte: numberKey(letter, 0), lte: numberKey(letter, maxU32), reverse: true, limit: 1 })
    .all()
  return keys[0] === undefined ? 0 : numberOfKey(keys[0])
}

/** Document number → what was seen of it. */
class SeenTable {
  size = 0
  #flags = new Uint8Array(1024)

  add(docNo: number, flag: number) {
    // A number out of all measure comes from a damaged key, and is not worth a table of its size.
    if (docNo >= 2 ** 28) return
    if (docNo >= this.#flags.length) {
      const grown = new Uint8Array(Math.max(docNo + 1, this.#flags.length * 2))
      grown.set(this.#flags)
      this.#flags = grown
    }
    if (docNo >= this.size) this.size = docNo + 1
    this.#flags[docNo] = (this.#flags[docNo] as number) | flag
  }

  has(docNo: number, flag: number): boolean {
    return ((this.#flags[docNo] ?? 0) & flag) !== 0
  }
}
