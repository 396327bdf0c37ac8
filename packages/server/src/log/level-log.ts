import {
  type Checkpoint,
  type CompactionReport,
  type Deletion,
  type DocName,
  type DocumentSummary,
  type Entry,
  type Env,
  type Epoch,
  type Finding,
  ListedDocument,
  type Millis,
  type NewEntry,
  type OpenedDocument,
  type Seq,
  seq,
  TuttiError,
  type UpdateLog,
  type Removal,
} from '@tutti/core'
import { AuthorTable } from './author-table.ts'
import type { ByteLevel } from './byte-level.ts'
import type { StoreCheck } from './check-store.ts'
import { readDamaged } from './damaged-entries.ts'
import type { Disk } from './disk.ts'
import { type DocumentState, DocumentTable, unbornDocument } from './document-table.ts'
import { readPage, readRecords } from './entry-reader.ts'
import type { HeadJournal } from './head-journal.ts'
import { readHistory } from './history-reader.ts'
import { checkpointKey, entryKey, letters, maxU32, maxU48, nameKey, numberKey, segmentKey } from './level-keys.ts'
import { LevelStore } from './level-store.ts'
import { loadDocument } from './load-document.ts'
import { MarkTable } from './mark-table.ts'
import { ifDamaged } from './not-damage.ts'
import { RecordedDocument } from './recorded-document.ts'
import { sealName, sealRemoved, unsealAuthor, unsealRemoved } from './records.ts'
import type { AuthorSource } from './run-walk.ts'
import { storeCheckpoint } from './store-checkpoint.ts'
import {
  findDocument,
  listPage,
  type PageStart,
  nameFindings,
  readCheckpoint,
  type StoreView,
  tailOf,
} from './stored-document.ts'
import { unavailable } from './unavailable.ts'

export interface LevelLogOptions {
  /** How long the store may be read by another process before it is opened here. Default 1,500. */
  readonly scanMs?: Millis
  /** Commits of a busy store start so far apart on average, unless many wait. Default 3: half the CPU at a thousand edits a second. */
  readonly paceMs?: Millis
  /** Brotli quality of history, 0 to 11. Default 9. */
  readonly historyQuality?: number
}

/** What opening the store has found, and how it is closed. */
export interface OpenedStore {
  readonly db: ByteLevel
  readonly journal: HeadJournal
  readonly check: StoreCheck
  readonly findings: readonly Finding[]
  /** Called when the log is closed. */
  readonly release: () => void
}

/**
 * The durable log of one machine: LevelDB, with seals that find what LevelDB does not. Opened by `openLevelLog`.
 *
 * In memory a document has positions that are given and positions that are on disk. When a write fails, all memory is
 * dropped: see `LevelStore`.
 */
export class LevelLog implements UpdateLog {
  /** What was found wrong when the store was opened; each names the document it touches, where that is known. */
  readonly findings: readonly Finding[]
  /** True when the last process that used the store closed it. */
  readonly closedCleanly: boolean
  readonly #folder: string
  readonly #historyQuality: number
  readonly #store: LevelStore
  readonly #documents: DocumentTable
  readonly #authors: AuthorTable
  readonly #troubles: Map<number, readonly Finding[]>
  readonly #misplaced: Map<DocName, number>
  readonly #marks: MarkTable
  readonly #removedEpochs: Set<Epoch>
  #nextDocNo: number

  constructor(disk: Disk, env: Env, options: LevelLogOptions, opened: OpenedStore) {
    const { db, journal, check, findings, release } = opened
    this.findings = findings
    this.closedCleanly = journal.closedCleanly
    this.#folder = disk.folder
    this.#historyQuality = options.historyQuality ?? 9
    this.#troubles = new Map(check.troubles)
    this.#misplaced = new Map(check.misplaced)
    this.#removedEpochs = new Set(check.removedEpochs)
    this.#nextDocNo = check.nextDocNo
    this.#authors = new AuthorTable(check.nextAuthor)
    this.#documents = new DocumentTable(doc => {
      try {
        return loadDocument(this.#store.db, doc, { troubles: this.#troubles, misplaced: this.#misplaced })
      } catch (error) {
        throw unavailable(error, disk.folder)
      }
    })
    const forget = () => this.#documents.clear()
    this.#store = new LevelStore({
      disk,
      env,
      paceMs: options.paceMs ?? 3,
      db,
      journal,
      authors: this.#authors,
      forget,
      release,
    })
    this.#marks = new MarkTable(this.#store, check.marks)
  }

  async open(doc: DocName): Promise<OpenedDocument> {
    // Every document is opened before it is written for the first time.
    if (!this.#misplaced.has(doc) && this.#store.lacks(nameKey(doc))) return new ListedDocument()
    return this.#read(async view => {
      const { db, snapshot } = view
      const found = findDocument(view, doc)
      if (found === null) return new ListedDocument({ findings: nameFindings(view, doc) })
      const { docNo, epoch, head, told } = found
      const deleted = this.#marks.get(docNo)
      const findings: Finding[] = [...(this.#troubles.get(docNo) ?? [])]
      const checkpoint = await readCheckpoint(view, doc, docNo, head, findings)
      const after = checkpoint?.seq ?? head?.checkpointSeq ?? 0
      const upTo = Math.max(head?.seq ?? 0, told, after)
      const range = { doc, docNo, after, upTo, ...(await tailOf(view, docNo, head, after)) }
      const authors = this.#authorSource(db)
      const records = findings.length > 0 ? null : await readRecords(db, snapshot, range, authors)
      if (records !== null) return new RecordedDocument({ epoch, head: seq(upTo), checkpoint, deleted }, records)
      const read = await readDamaged(db, snapshot, range, authors)
      findings.push(...read.findings)
      if (findings.length > 0) this.#remember(doc, docNo, findings)
      const { entries } = read
      const last = seq(Math.max(upTo, entries.at(-1)?.seq ?? 0))
      return new ListedDocument({ epoch, head: last, checkpoint, entries, findings: distinct(findings), deleted })
    })
  }

  /** The entries are sealed when their commit begins: they and their bytes must stay as they are until it is settled. */
  append(doc: DocName, epoch: Epoch, entries: readonly NewEntry[]): Promise<Seq> {
    return new Promise((resolve, reject) => {
      const document = this.#writable(doc)
      if (document.epoch !== null && document.epoch !== epoch) {
        throw new TuttiError('epoch-mismatch', `${doc} has epoch ${document.epoch}, not ${epoch}`)
      }
      if (entries.length === 0 && document.inFlight === 0) return resolve(seq(document.acked.seq))
      const isBirth = document.docNo === 0 && entries.length > 0
      if (isBirth) {
        document.docNo = this.#nextDocNo++
        document.epoch = epoch
      }
      const { docNo } = document
      document.given += entries.length
      const position = seq(document.given)
      document.inFlight++
      this.#store.add({
        document,
        entries,
        fill(batch) {
          if (isBirth) batch.put(nameKey(doc), sealName(doc, { docNo, epoch }))
        },
        done() {
          document.inFlight--
          resolve(position)
        },
        refuse: reject,
      })
    })
  }

  async read(doc: DocName, after: Seq, maxBytes: number): Promise<readonly Entry[]> {
    return this.#read(async view => {
      const { db, snapshot } = view
      const found = findDocument(view, doc)
      if (found === null) return []
      const { docNo, head, told } = found
      if (head === null || head.seq < told) throw this.#damaged(doc, 'its head is damaged')
      const start = Math.max(after, head.checkpointSeq)
      const range = { doc, docNo, after: start, upTo: head.seq, ...(await tailOf(view, docNo, head, start)) }
      return readPage(db, snapshot, range, maxBytes, this.#authorSource(db))
    })
  }

  async checkpoint(doc: DocName, checkpoint: Checkpoint): Promise<CompactionReport> {
    const document = this.#writable(doc)
    document.inFlight++
    const done = document.turn.then(() =>
      this.#store.hold(() => storeCheckpoint(this.#store, document, checkpoint, this.#historyQuality)),
    )
    document.turn = done.catch(() => {})
    try {
      return await done
    } catch (error) {
      // Where no checkpoint can be, it is not the disk that is wrong.
      throw error instanceof RangeError ? error : unavailable(error, this.#folder)
    } finally {
      document.inFlight--
    }
  }

  async history(doc: DocName, from: Seq, to: Seq): Promise<readonly Entry[]> {
    return this.#read(async view => {
      const { db, snapshot } = view
      const found = findDocument(view, doc)
      if (found === null) return []
      if (found.head === null) throw this.#damaged(doc, 'its head is damaged')
      const first = Math.max(1, from)
      const last = Math.min(to, found.head.checkpointSeq)
      if (last < first) return []
      return readHistory(db, snapshot, doc, found.docNo, first, last, this.#authorSource(db))
    })
  }

  async *list(from = ''): AsyncGenerator<DocumentSummary> {
    let start: PageStart = { gte: nameKey(from as DocName) }
    for (;;) {
      const page = await this.#read(view => listPage(view, start))
      yield* page.summaries
      if (page.last === null) return
      start = { gt: page.last }
    }
  }

  /** A damaged document can be marked, too: nothing of what is left of it is touched. */
  async mark(doc: DocName, deleted: Deletion | null): Promise<void> {
    this.#store.refuseWhenClosed()
    this.#store.refuseWhenBroken()
    const document = this.#documents.get(doc)
    if (document.docNo === 0) throw new RangeError(`there is no ${doc} to be marked`)
    await this.#marks.put(document, deleted)
  }

  async remove(doc: DocName, how: Removal = 'for-good'): Promise<void> {
    this.#store.refuseWhenClosed()
    this.#store.refuseWhenBroken()
    const document = this.#documents.get(doc)
    // Whoever writes the name from now on writes another document.
    const successor = unbornDocument(doc)
    this.#documents.replace(successor)
    await document.turn
    const { docNo } = document
    if (docNo === 0) return
    const remembered = how === 'for-good' ? document.epoch : null
    await this.#store.write({
      document: null,
      fill(batch) {
        document.removed = true
        // A successor that is born already has written, or is about to write, its own number under the name.
        if (successor.docNo === 0) batch.del(nameKey(doc))
        batch.del(numberKey(letters.head, docNo))
        batch.del(numberKey(letters.mark, docNo))
        batch.put(numberKey(letters.removed, docNo), sealRemoved(docNo, { swept: false, epoch: remembered ?? '' }))
      },
    })
    this.#troubles.delete(docNo)
    this.#misplaced.delete(doc)
    this.#marks.forget(docNo)
    if (remembered !== null) this.#removedEpochs.add(remembered)
    this.#store.journal.noteRemoved(docNo)
    this.#store.journal.flush()
    await this.sweep([docNo])
  }

  async wasRemoved(epoch: Epoch): Promise<boolean> {
    return this.#removedEpochs.has(epoch)
  }

  async probe(): Promise<void> {
    await this.#store.probe()
    await this.#marks.settle()
  }

  close(): Promise<void> {
    return this.#store.close(async () => {
      for (const document of this.#documents.all()) await document.turn
    })
  }

  /** Deletes what removed documents left behind. */
  async sweep(docNos: readonly number[]): Promise<void> {
    for (const docNo of docNos) {
      await this.#store.changing(async db => {
        await db.clear({ gte: entryKey(docNo, 0), lte: entryKey(docNo, maxU48) })
        await db.clear({ gte: segmentKey(docNo, 0), lte: segmentKey(docNo, maxU48) })
        await db.clear({ gte: checkpointKey(docNo, 0), lte: checkpointKey(docNo, maxU32) })
        const key = numberKey(letters.removed, docNo)
        const record = await db.get(key)
        const removed = record === undefined ? null : unsealRemoved(docNo, record)
        await db.put(key, sealRemoved(docNo, { swept: true, epoch: removed?.epoch ?? '' }))
      })
    }
  }

  #read<T>(run: (view: StoreView) => Promise<T>): Promise<T> {
    const { journal } = this.#store
    const view = { journal, troubles: this.#troubles, misplaced: this.#misplaced, marks: this.#marks.all }
    return this.#store.read((db, snapshot) => run({ ...view, db, snapshot }))
  }

  #writable(doc: DocName): DocumentState {
    this.#store.refuseWhenClosed()
    this.#store.refuseWhenBroken()
    const document = this.#documents.get(doc)
    const [trouble] = document.trouble
    if (trouble !== undefined) throw this.#damaged(doc, trouble.message)
    return document
  }

  #damaged(doc: DocName, message: string): TuttiError {
    return new TuttiError('document-unavailable', `${doc} is damaged: ${message}`)
  }

  /** Once a document was found damaged, it takes no more writes. */
  #remember(doc: DocName, docNo: number, findings: readonly Finding[]) {
    this.#troubles.set(docNo, distinct(findings))
    const known = this.#documents.peek(doc)
    if (known !== undefined && known.docNo === docNo) known.trouble = findings
  }

  #authorSource(db: ByteLevel): AuthorSource {
    const load = (number: number) => {
      try {
        const record = db.getSync(numberKey(letters.author, number))
        return record === undefined ? null : unsealAuthor(number, record)
      } catch (error) {
        return ifDamaged(null)(error)
      }
    }
    return number => this.#authors.authorOf(number, load)
  }
}

function distinct(findings: readonly Finding[]): Finding[] {
  const byPlace = new Map(findings.map(finding => [`${finding.kind} ${finding.from} ${finding.to}`, finding]))
  return [...byPlace.values()]
}
