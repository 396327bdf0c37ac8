import {
  type Checkpoint,
  type Deletion,
  type DocName,
  type DocumentSummary,
  type Epoch,
  type Finding,
  seq,
} from '@tutti/core'
import type { HeadJournal } from './head-journal.ts'
import { checkpointKey, letters, maxU32, nameKey, nameOfKey, numberKey } from './level-keys.ts'
import type { ByteLevel, LevelSnapshot } from './byte-level.ts'
import { namelessFinding } from './entry-finding.ts'
import { recordOf } from './entry-reader.ts'
import { ifDamaged } from './not-damage.ts'
import { type Head, unsealCheckpoint, unsealHead, unsealName } from './records.ts'

/** What was wrong with the store when it was opened, and what was found since. */
export interface KnownDamage {
  /** By the number of the document. */
  readonly troubles: ReadonlyMap<number, readonly Finding[]>
  /** Documents whose own name is lost: their numbers, from elsewhere. */
  readonly misplaced: ReadonlyMap<DocName, number>
}

/** What reading needs: the store at one moment, and what is wrong with it. */
export interface StoreView extends KnownDamage {
  readonly db: ByteLevel
  readonly snapshot: LevelSnapshot
  readonly journal: HeadJournal
  /** Documents that are marked as deleted, by number. */
  readonly marks: ReadonlyMap<number, Deletion>
}

export interface FoundDocument {
  readonly docNo: number
  readonly epoch: Epoch | null
  /** `null` when it is damaged or missing. */
  readonly head: Head | null
  /** The last position the journal tells of a document that has findings. */
  readonly told: number
}

/** The first key of a page of names, or the last of the page before. */
export type PageStart = { readonly gte: Uint8Array } | { readonly gt: Uint8Array }

export interface ListPage {
  readonly summaries: readonly DocumentSummary[]
  /** Where the next page begins; `null` after the last. */
  readonly last: Uint8Array | null
}

const namesPerPage = 256

/**
 * What a snapshot has of a document; `null` when it was never written. Synchronous: these records are small and looked for
 * at every join, and going to another thread for each costs many times what the look itself does.
 */
export function findDocument(view: StoreView, doc: DocName): FoundDocument | null {
  const { db, snapshot, misplaced, troubles, journal } = view
  const record = look(db, snapshot, nameKey(doc))
  const named = record === undefined ? null : unsealName(doc, record)
  const docNo = named?.docNo ?? misplaced.get(doc)
  if (docNo === undefined) return null
  const headRecord = look(db, snapshot, numberKey(letters.head, docNo))
  const head = headRecord === undefined ? null : unsealHead(docNo, headRecord)
  // What the journal told when the store was opened, not what was appended since: that is not in an older snapshot.
  const told = troubles.has(docNo) ? (journal.head(docNo)?.seq ?? 0) : 0
  return { docNo, head, told, epoch: head?.epoch ?? named?.epoch ?? null }
}

/**
 * What is wrong with a document that is not found: there is a record of its name, and it cannot be read. Such a document was
 * written, and is not to be taken for one that never was.
 */
export function nameFindings({ db, snapshot }: StoreView, doc: DocName): Finding[] {
  const record = look(db, snapshot, nameKey(doc))
  return record === undefined || unsealName(doc, record) !== null ? [] : [namelessFinding(doc)]
}

/** The record that holds the entry after `after`, and what it links to, when that is known. */
export async function tailOf(
  { db, snapshot }: StoreView,
  docNo: number,
  head: Head | null,
  after: number,
): Promise<{ readonly from: number; readonly link: number | null }> {
  if (head !== null && after === head.checkpointSeq) return { from: head.tailFrom, link: head.checkpointLink }
  return { from: await recordOf(db, docNo, after + 1, snapshot), link: null }
}

function look(db: ByteLevel, snapshot: LevelSnapshot, key: Uint8Array): Uint8Array | undefined {
  try {
    return db.getSync(key, { snapshot })
  } catch (error) {
    return ifDamaged(undefined)(error)
  }
}

export async function readCheckpoint(
  { db, snapshot }: StoreView,
  doc: DocName,
  docNo: number,
  head: Head | null,
  findings: Finding[],
): Promise<Checkpoint | null> {
  if (head !== null && head.checkpointCount === 0) return null
  const range = { gte: checkpointKey(docNo, 0), lte: checkpointKey(docNo, maxU32), reverse: true, limit: 1, snapshot }
  const last =
    head === null ? (await db.keys(range).all().catch(ifDamaged([])))[0] : checkpointKey(docNo, head.checkpointCount)
  if (last === undefined) return null
  const count = Buffer.from(last).readUInt32BE(5)
  const record = await db.get(last, { snapshot }).catch(ifDamaged(undefined))
  const checkpoint = record === undefined ? null : await unsealCheckpoint(docNo, count, record)
  if (checkpoint !== null && (head === null || checkpoint.seq === head.checkpointSeq)) return checkpoint
  const at = seq(head?.checkpointSeq ?? 0)
  const message = `the checkpoint of ${doc} at ${at} is ${record === undefined ? 'missing' : 'damaged'}`
  findings.push({ kind: 'damaged-checkpoint', doc, from: at, to: at, message })
  return null
}

export async function listPage(view: StoreView, start: PageStart): Promise<ListPage> {
  const { db, snapshot } = view
  const range = { ...start, lt: Uint8Array.of(letters.name + 1), limit: namesPerPage, snapshot }
  const named = await db.iterator(range).all()
  const summaries: DocumentSummary[] = []
  for (const [key] of named) {
    const doc = nameOfKey(key)
    const found = findDocument(view, doc)
    if (found === null || found.epoch === null) continue
    const { docNo, epoch, head, told } = found
    const checkpointSeq = head?.checkpointSeq ?? 0
    const last = Math.max(head?.seq ?? 0, told)
    const tailBytes = head === null ? 0 : head.bytes - head.checkpointBytes
    const tailEntries = last - checkpointSeq
    const deleted = view.marks.get(docNo) ?? null
    summaries.push({ doc, epoch, head: seq(last), checkpointSeq: seq(checkpointSeq), tailEntries, tailBytes, deleted })
  }
  return { summaries, last: named.length < namesPerPage ? null : (named.at(-1)?.[0] ?? null) }
}
