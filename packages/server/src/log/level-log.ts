import { join } from 'node:path'
import {
  type Author,
  type Checkpoint,
  type CompactionReport,
  type DocName,
  type DocumentSummary,
  type Entry,
  type Env,
  type Epoch,
  equalBytes,
  type Finding,
  type Millis,
  type NewEntry,
  noBytes,
  type OpenedDocument,
  type Seq,
  seal,
  sealEntry,
  sealOf,
  seq,
  TuttiError,
  type UpdateLog,
} from '@tutti/core'
import { type AuthorNumber, AuthorTable } from './author-table.ts'
import type { StoreCheck } from './check-store.ts'
import { type DocumentState, DocumentTable, type Progress, unbornDocument } from './document-table.ts'
import { type AuthorSource, entryFinding, readEntries, readPage } from './entry-reader.ts'
import { findRoom } from './find-room.ts'
import { foldEntries } from './fold-entries.ts'
import { GroupCommit } from './group-commit.ts'
import type { HeadJournal } from './head-journal.ts'
import { readHistory } from './history-reader.ts'
import {
  checkpointKey,
  entryKey,
  entryKeyLength,
  letters,
  maxU32,
  maxU48,
  nameKey,
  numberKey,
  probeKey,
  segmentKey,
} from './level-keys.ts'
import { type ByteLevel, openDatabase } from './open-level.ts'
import { ReadGate } from './read-gate.ts'
import {
  checksum,
  HeadSealer,
  sealAuthor,
  sealCheckpoint,
  sealName,
  sealRemoved,
  unsealAuthor,
  unsealCheckpoint,
  unsealHead,
  unsealName,
} from './records.ts'
import { findDocument, listPage, readCheckpoint, type StoreView } from './stored-document.ts'
import { type Doubt, trimDoubtful } from './trim-doubtful.ts'
import { unavailable } from './unavailable.ts'

export interface LevelLogOptions {
  /** How long the store may be read by another process before it is opened here. Default 1,500. */
  readonly scanMs?: Millis
  /** Commits of a busy store start at least so far apart, unless many wait. Default 3: half the CPU at a thousand edits a second. */
  readonly paceMs?: Millis
  /** Brotli quality of history, 0 to 11. Default 9. */
  readonly historyQuality?: number
}

/** A batch copies what is put into it: one key serves for all. */
const scratchKey = new Uint8Array(entryKeyLength)

type Batch = ReturnType<ByteLevel['batch']>

/** One write that waits for its commit. */
interface Job {
  readonly document: DocumentState | null
  /** Positions after it, where it gives some. */
  readonly progress: Progress | null
  readonly authors: readonly (readonly [AuthorNumber, Author])[]
  fill(batch: Batch): void
  done(): void
  refuse(error: TuttiError): void
}

/** From here on, deleted entries are worth a compaction of their own: LevelDB would keep them for long. */
const compactFromBytes = 1024 * 1024
const enoughWaiting = 16

/**
 * The durable log of one machine: LevelDB, with seals that find what LevelDB does not. Opened by `openLevelLog`.
 *
 * Writes go through one group commit. In memory a document has positions that are given and positions that are on disk;
 * when a write fails, everything that waits is refused, all memory is dropped, and nothing is written until `probe` has
 * opened the database again and taken out what should not be there. Reads go on meanwhile.
 */
export class LevelLog implements UpdateLog {
  /** What was found wrong when the store was opened; each names the document it touches, where that is known. */
  readonly findings: readonly Finding[]
  /** True when the last process that used the store closed it. */
  readonly closedCleanly: boolean
  readonly #folder: string
  readonly #historyQuality: number
  readonly #journal: HeadJournal
  readonly #commits: GroupCommit<Job>
  readonly #gate = new ReadGate()
  readonly #documents: DocumentTable
  readonly #authors: AuthorTable
  readonly #troubles: Map<number, readonly Finding[]>
  readonly #misplaced: Map<DocName, number>
  readonly #doubts = new Map<number, Doubt>()
  readonly #release: () => void
  #db: ByteLevel
  #nextDocNo: number
  /** Why nothing is written now. */
  #refusal: TuttiError | null = null
  #probing: Promise<void> | null = null
  #isClosed = false

  constructor(
    folder: string,
    env: Env,
    options: LevelLogOptions,
    db: ByteLevel,
    journal: HeadJournal,
    check: StoreCheck,
    findings: readonly Finding[],
    release: () => void,
  ) {
    this.#release = release
    this.#folder = folder
    this.#historyQuality = options.historyQuality ?? 9
    this.#db = db
    this.#journal = journal
    this.findings = findings
    this.closedCleanly = journal.closedCleanly
    this.#troubles = new Map(check.troubles)
    this.#misplaced = new Map(check.misplaced)
    this.#nextDocNo = check.nextDocNo
    this.#authors = new AuthorTable(check.nextAuthor)
    this.#documents = new DocumentTable(doc => this.#load(doc))
    const pace = { paceMs: options.paceMs ?? 3, enough: enoughWaiting }
    this.#commits = new GroupCommit(env, pace, jobs => this.#commit(jobs))
  }

  async open(doc: DocName): Promise<OpenedDocument> {
    return this.#read(async view => {
      const { db, snapshot } = view
      const found = await findDocument(view, doc)
      if (found === null) return { epoch: null, head: seq(0), checkpoint: null, entries: [], findings: [] }
      const { docNo, head, told } = found
      const findings: Finding[] = [...(this.#troubles.get(docNo) ?? [])]
      const checkpoint = await readCheckpoint(view, doc, docNo, head, findings)
      const after = checkpoint?.seq ?? head?.checkpointSeq ?? 0
      const upTo = Math.max(head?.seq ?? 0, told, after)
      const link = head !== null && after === head.checkpointSeq ? head.checkpointLink : null
      const read = await readEntries(db, snapshot, { doc, docNo, after, upTo, link }, this.#authorSource(db))
      findings.push(...read.findings)
      if (findings.length > 0) this.#remember(doc, docNo, findings)
      const last = Math.max(upTo, read.entries.at(-1)?.seq ?? 0)
      return { epoch: found.epoch, head: seq(last), checkpoint, entries: read.entries, findings: distinct(findings) }
    })
  }

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
      const records: Uint8Array[] = []
      const first = document.given.seq + 1
      const authors: (readonly [AuthorNumber, Author])[] = []
      let { seq: position, link, bytes } = document.given
      for (const entry of entries) {
        const author = this.#authors.numberOf(entry.author)
        if (!author.stored) authors.push([author, entry.author])
        position++
        const { at, base, counter } = entry
        const sealed = { link, base, at, author: author.number, counter, bytes: entry.bytes }
        const record = sealEntry(entryKey(docNo, position, scratchKey), sealed, checksum)
        records.push(record)
        link = sealOf(record)
        bytes += entry.bytes.length
      }
      const progress: Progress = { seq: position, link, bytes }
      document.given = progress
      document.inFlight++
      this.#commits.add({
        document,
        progress,
        authors,
        fill(batch) {
          if (isBirth) batch.put(nameKey(doc), sealName(doc, { docNo, epoch }))
          let at = first
          for (const record of records) batch.put(entryKey(docNo, at++, scratchKey), record)
        },
        done() {
          document.inFlight--
          resolve(seq(position))
        },
        refuse: reject,
      })
    })
  }

  async read(doc: DocName, after: Seq, maxBytes: number): Promise<readonly Entry[]> {
    return this.#read(async view => {
      const { db, snapshot } = view
      const found = await findDocument(view, doc)
      if (found === null) return []
      const { docNo, head, told } = found
      if (head === null || head.seq < told) throw this.#damaged(doc, 'its head is damaged')
      const start = Math.max(after, head.checkpointSeq)
      const link = start === head.checkpointSeq ? head.checkpointLink : null
      const range = { doc, docNo, after: start, upTo: head.seq, link }
      return readPage(db, snapshot, range, maxBytes, this.#authorSource(db))
    })
  }

  async checkpoint(doc: DocName, checkpoint: Checkpoint): Promise<CompactionReport> {
    const document = this.#writable(doc)
    document.inFlight++
    const done = document.turn.then(() => this.#gate.read(() => this.#storeCheckpoint(document, checkpoint)))
    document.turn = done.catch(() => {})
    try {
      return await done
    } finally {
      document.inFlight--
    }
  }

  async history(doc: DocName, from: Seq, to: Seq): Promise<readonly Entry[]> {
    return this.#read(async view => {
      const { db, snapshot } = view
      const found = await findDocument(view, doc)
      if (found === null) return []
      if (found.head === null) throw this.#damaged(doc, 'its head is damaged')
      const first = Math.max(1, from)
      const last = Math.min(to, found.head.checkpointSeq)
      if (last < first) return []
      return readHistory(db, snapshot, doc, found.docNo, first, last, this.#authorSource(db))
    })
  }

  async *list(): AsyncGenerator<DocumentSummary> {
    let after: Uint8Array = Uint8Array.of(letters.name)
    for (;;) {
      const page = await this.#read(view => listPage(view, after))
      yield* page.summaries
      if (page.last === null) return
      after = page.last
    }
  }

  async remove(doc: DocName): Promise<void> {
    this.#refuseWhenClosed()
    this.#refuseWhenBroken()
    const document = this.#documents.get(doc)
    // Whoever writes the name from now on writes another document.
    const successor = unbornDocument(doc)
    this.#documents.replace(successor)
    await document.turn
    const { docNo } = document
    if (docNo === 0) return
    await this.#write({
      document: null,
      progress: null,
      authors: [],
      fill(batch) {
        document.removed = true
        // A successor that is born already has written, or is about to write, its own number under the name.
        if (successor.docNo === 0) batch.del(nameKey(doc))
        batch.del(numberKey(letters.head, docNo))
        batch.put(numberKey(letters.removed, docNo), sealRemoved(docNo, false))
      },
    })
    this.#troubles.delete(docNo)
    this.#misplaced.delete(doc)
    this.#journal.noteRemoved(docNo)
    this.#journal.flush()
    await this.sweep([docNo])
  }

  probe(): Promise<void> {
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = null
    })
    return this.#probing
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#probing?.catch(() => {})
    for (const document of this.#documents.all()) await document.turn
    await this.#commits.idle()
    await this.#gate.exclusively(async () => {
      this.#journal.close(this.#refusal === null)
      await this.#db.close()
    })
    this.#release()
  }

  /** Deletes what removed documents left behind. */
  async sweep(docNos: readonly number[]): Promise<void> {
    for (const docNo of docNos) {
      await this.#changing(async db => {
        await db.clear({ gte: entryKey(docNo, 0), lte: entryKey(docNo, maxU48) })
        await db.clear({ gte: segmentKey(docNo, 0), lte: segmentKey(docNo, maxU48) })
        await db.clear({ gte: checkpointKey(docNo, 0), lte: checkpointKey(docNo, maxU32) })
        await db.put(numberKey(letters.removed, docNo), sealRemoved(docNo, true))
      })
    }
  }

  async #storeCheckpoint(document: DocumentState, checkpoint: Checkpoint): Promise<CompactionReport> {
    const { doc, docNo, checkpointSeq: before, checkpointCount } = document
    this.#refuseWhenBroken()
    if (docNo === 0 || checkpoint.seq < Math.max(1, before) || checkpoint.seq > document.acked.seq) {
      throw new RangeError(`no checkpoint of ${doc} can be at ${checkpoint.seq}`)
    }
    const db = this.#db
    const fold = await foldEntries(db, docNo, before, checkpoint.seq, document.checkpointLink, this.#historyQuality)
    const count = checkpointCount + 1
    const key = checkpointKey(docNo, count)
    const record = await sealCheckpoint(docNo, count, checkpoint)
    await this.#changing(() => db.put(key, record))
    const stored = await db.get(key)
    const readBack = stored === undefined ? null : await unsealCheckpoint(docNo, count, stored)
    if (readBack === null || !equalBytes(readBack.bytes, checkpoint.bytes) || readBack.seq !== checkpoint.seq) {
      throw new TuttiError('store-unavailable', `the checkpoint of ${doc} at ${checkpoint.seq} does not read back`)
    }
    const outdated = checkpointCount === 0 ? null : checkpointKey(docNo, checkpointCount)
    const outdatedBytes = outdated === null ? 0 : ((await db.get(outdated))?.length ?? 0)
    // From this commit on the entries are retired: readers begin after the checkpoint the head names.
    await this.#write({
      document,
      progress: null,
      authors: [],
      fill(batch) {
        document.checkpointSeq = checkpoint.seq
        document.checkpointCount = count
        document.checkpointLink = fold.link
        document.checkpointBytes += fold.updateBytes
        for (const [segment, bytes] of fold.segments) batch.put(segment, bytes)
        if (outdated !== null) batch.del(outdated)
      },
    })
    // What is deleted now is read by nobody; in a batch of their own the deletes would hold up every other document.
    await this.#changing(() => db.clear({ gte: entryKey(docNo, 0), lte: entryKey(docNo, checkpoint.seq) }))
    if (fold.recordBytes >= compactFromBytes) {
      await db.compactRange(entryKey(docNo, 0), entryKey(docNo, checkpoint.seq)).catch(() => {})
    }
    return {
      bytesBefore: outdatedBytes + fold.recordBytes,
      bytesAfter: fold.segments.reduce((sum, [, bytes]) => sum + bytes.length, record.length),
      entriesFolded: checkpoint.seq - before,
    }
  }

  #write(job: Omit<Job, 'done' | 'refuse'>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#refuseWhenBroken()
      this.#commits.add({ ...job, done: resolve, refuse: reject })
    })
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    // The head of each document is told by its last job.
    const written = new Map<DocumentState, Progress>()
    const authors = new Map<AuthorNumber, Author>()
    try {
      if (this.#refusal !== null) throw this.#refusal
      const batch = this.#db.batch()
      for (const job of jobs) {
        for (const [number, author] of job.authors) authors.set(number, author)
        const { document } = job
        if (document !== null && document.docNo > 0) {
          written.set(document, job.progress ?? written.get(document) ?? document.acked)
        }
        job.fill(batch)
      }
      for (const [{ number }, author] of authors)
        batch.put(numberKey(letters.author, number), sealAuthor(number, author))
      for (const [document, progress] of written) {
        if (document.removed) written.delete(document)
        else {
          document.sealer ??= new HeadSealer(document.docNo, document.epoch as Epoch)
          batch.put(document.sealer.key, document.sealer.seal(progress, document))
        }
      }
      await batch.write({ sync: true })
    } catch (error) {
      this.#fail(error, written.keys())
      for (const job of [...jobs, ...this.#commits.takeWaiting()]) job.refuse(this.#refusal as unknown as TuttiError)
      return
    }
    for (const author of authors.keys()) author.stored = true
    for (const [document, progress] of written) {
      if (document.acked.seq === 0) this.#journal.noteName(document.docNo, document.doc)
      document.acked = progress
      this.#journal.noteHead(document.docNo, progress.seq, progress.link, document.checkpointSeq)
    }
    this.#journal.flush()
    for (const job of jobs) job.done()
  }

  /** A write failed: what LevelDB holds in memory and at the end of its log is not to be built on. */
  #fail(error: unknown, touched: Iterable<DocumentState>) {
    this.#refusal ??= unavailable(error, this.#folder)
    for (const { doc, docNo, acked } of touched) {
      if (docNo > 0 && !this.#doubts.has(docNo)) this.#doubts.set(docNo, { doc, docNo, acked })
    }
    this.#documents.clear()
  }

  /** Runs a write outside of a commit. */
  async #changing(run: (db: ByteLevel) => Promise<unknown>): Promise<void> {
    try {
      await run(this.#db)
    } catch (error) {
      this.#fail(error, [])
      throw this.#refusal
    }
  }

  async #probe(): Promise<void> {
    this.#refuseWhenClosed()
    await this.#commits.idle()
    if (this.#refusal !== null) {
      await findRoom(this.#folder)
      await this.#gate.exclusively(() => this.#reopen())
    }
    await this.#write({
      document: null,
      progress: null,
      authors: [],
      fill: batch => batch.put(probeKey, seal(probeKey, noBytes, checksum)),
    })
  }

  async #reopen() {
    try {
      await this.#db.close()
      this.#db = await openDatabase(join(this.#folder, 'level'), false)
      await trimDoubtful(this.#db, this.#doubts.values())
    } catch (error) {
      throw unavailable(error, this.#folder)
    }
    this.#doubts.clear()
    this.#documents.clear()
    this.#refusal = null
  }

  async #read<T>(run: (view: StoreView) => Promise<T>): Promise<T> {
    return this.#gate.read(async () => {
      try {
        const snapshot = this.#db.snapshot()
        try {
          return await run({
            db: this.#db,
            snapshot,
            journal: this.#journal,
            troubles: this.#troubles,
            misplaced: this.#misplaced,
          })
        } finally {
          await snapshot.close()
        }
      } catch (error) {
        throw unavailable(error, this.#folder)
      }
    })
  }

  /** Reads what is needed to write a document. Synchronous, so that appends of one turn keep their order without waiting. */
  #load(doc: DocName): DocumentState {
    const state = unbornDocument(doc)
    try {
      const record = this.#db.getSync(nameKey(doc))
      const named = record === undefined ? null : unsealName(doc, record)
      const docNo = named?.docNo ?? this.#misplaced.get(doc)
      if (docNo === undefined) {
        if (record !== undefined) state.trouble = [entryFinding(doc, 'damaged-head', 0, 0)]
        return state
      }
      state.docNo = docNo
      state.trouble = this.#troubles.get(docNo) ?? []
      const headRecord = this.#db.getSync(numberKey(letters.head, docNo))
      const head = headRecord === undefined ? null : unsealHead(docNo, headRecord)
      if (head === null) {
        if (state.trouble.length === 0) state.trouble = [entryFinding(doc, 'damaged-head', 0, 0)]
        return state
      }
      state.epoch = head.epoch
      state.given = { seq: head.seq, link: head.link, bytes: head.bytes }
      state.acked = state.given
      state.checkpointSeq = head.checkpointSeq
      state.checkpointCount = head.checkpointCount
      state.checkpointLink = head.checkpointLink
      state.checkpointBytes = head.checkpointBytes
      return state
    } catch (error) {
      throw unavailable(error, this.#folder)
    }
  }

  #writable(doc: DocName): DocumentState {
    this.#refuseWhenClosed()
    this.#refuseWhenBroken()
    const document = this.#documents.get(doc)
    const [trouble] = document.trouble
    if (trouble !== undefined) throw this.#damaged(doc, trouble.message)
    return document
  }

  #refuseWhenClosed() {
    if (this.#isClosed) throw new TuttiError('store-unavailable', 'the store is closed')
  }

  #refuseWhenBroken() {
    if (this.#refusal !== null) throw this.#refusal
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
      } catch {
        return null
      }
    }
    return number => this.#authors.authorOf(number, load)
  }
}

function distinct(findings: readonly Finding[]): Finding[] {
  const byPlace = new Map(findings.map(finding => [`${finding.kind} ${finding.from} ${finding.to}`, finding]))
  return [...byPlace.values()]
}
