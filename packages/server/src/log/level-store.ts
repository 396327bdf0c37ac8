import { type Env, type Millis, noBytes, seal, TuttiError } from '@tutti/core'
import type { AuthorTable } from './author-table.ts'
import type { ByteBatch, ByteLevel, LevelSnapshot } from './byte-level.ts'
import { CommitBatch, type Job } from './commit-batch.ts'
import type { Disk } from './disk.ts'
import type { DocumentState } from './document-table.ts'
import { GroupCommit } from './group-commit.ts'
import type { HeadJournal } from './head-journal.ts'
import { probeKey } from './level-keys.ts'
import { ReadGate } from './read-gate.ts'
import { checksum } from './records.ts'
import { type Doubt, trimDoubtful } from './trim-doubtful.ts'
import { unavailable } from './unavailable.ts'

/** A write of the store's own: no positions, no authors. */
export interface Change {
  readonly document: DocumentState | null
  fill(batch: ByteBatch): void
}

export interface LevelStoreOptions {
  readonly disk: Disk
  readonly env: Env
  readonly paceMs: Millis
  readonly db: ByteLevel
  readonly journal: HeadJournal
  readonly authors: AuthorTable
  /** Called when what is remembered of documents may not be what is on disk. */
  readonly forget: () => void
  /** Called when it is closed. */
  readonly release: () => void
}

/** So many commits in a row are not paced: what a person does, alone or with a few others, is never held back. */
const commitBurst = 8
/** So many waiting jobs start the next commit at once. */
const enoughWaiting = 16

/**
 * The database and what happens when it fails. Writes go through one group commit; the first one that fails refuses
 * everything that waits, and nothing is written until `probe` has opened the database again and taken out what should not
 * be there. Reads go on meanwhile.
 */
export class LevelStore {
  readonly journal: HeadJournal
  readonly #options: LevelStoreOptions
  readonly #commits: GroupCommit<Job>
  readonly #gate = new ReadGate()
  readonly #doubts = new Map<number, Doubt>()
  #db: ByteLevel
  /** Why nothing is written now. */
  #refusal: TuttiError | null = null
  #probing: Promise<void> | null = null
  #isClosed = false

  constructor(options: LevelStoreOptions) {
    this.#options = options
    this.#db = options.db
    this.journal = options.journal
    const pace = { paceMs: options.paceMs, burst: commitBurst, enough: enoughWaiting }
    this.#commits = new GroupCommit(options.env, pace, jobs => this.#commit(jobs))
  }

  /** Not to be kept: `probe` opens another one. */
  get db(): ByteLevel {
    return this.#db
  }

  refuseWhenClosed(): void {
    if (this.#isClosed) throw new TuttiError('store-unavailable', 'the store is closed')
  }

  refuseWhenBroken(): void {
    if (this.#refusal !== null) throw this.#refusal
  }

  /** Runs on one moment of the database. Whatever fails rejects `store-unavailable`. */
  read<T>(run: (db: ByteLevel, snapshot: LevelSnapshot) => Promise<T>): Promise<T> {
    return this.hold(async () => {
      try {
        const snapshot = this.#db.snapshot()
        try {
          return await run(this.#db, snapshot)
        } finally {
          await snapshot.close()
        }
      } catch (error) {
        throw unavailable(error, this.#options.disk.folder)
      }
    })
  }

  /**
   * Whether there is nothing under a key, as far as one look at the database of this moment tells: a small part of what
   * reading it in peace costs. False says nothing.
   */
  lacks(key: Uint8Array): boolean {
    try {
      return this.#gate.isOpen && this.#db.getSync(key) === undefined
    } catch {
      return false
    }
  }

  /** Runs while the database stays the same. */
  hold<T>(run: () => Promise<T>): Promise<T> {
    return this.#gate.read(run)
  }

  add(job: Job): void {
    this.#commits.add(job)
  }

  write(change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.refuseWhenBroken()
      const fill = (batch: ByteBatch) => change.fill(batch)
      this.add({ document: change.document, entries: [], fill, done: resolve, refuse: reject })
    })
  }

  /** Runs a write outside of a commit. */
  async changing(run: (db: ByteLevel) => Promise<unknown>): Promise<void> {
    try {
      await run(this.#db)
    } catch (error) {
      throw this.#fail(error, [])
    }
  }

  probe(): Promise<void> {
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = null
    })
    return this.#probing
  }

  /** `settled` resolves when nobody adds to what is in flight. */
  async close(settled: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#probing?.catch(() => {})
    await settled()
    await this.#commits.idle()
    await this.#gate.exclusively(async () => {
      this.journal.close(this.#refusal === null)
      await this.#db.close()
    })
    this.#options.release()
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    let commit: CommitBatch | null = null
    try {
      this.refuseWhenBroken()
      const batch = this.#db.batch()
      commit = new CommitBatch(batch, jobs, this.#options.authors)
      await batch.write({ sync: true })
    } catch (error) {
      const refusal = this.#fail(error, commit?.written.keys() ?? [])
      for (const job of [...jobs, ...this.#commits.takeWaiting()]) job.refuse(refusal)
      return
    }
    commit.stored()
    for (const [document, progress] of commit.written) {
      if (document.acked.seq === 0) this.journal.noteName(document.docNo, document.doc)
      document.acked = progress
      this.journal.noteHead(document.docNo, progress.seq, progress.link, document.checkpointSeq)
    }
    this.journal.flushSoon()
    for (const job of jobs) job.done()
  }

  /** A write failed: what LevelDB holds in memory and at the end of its log is not to be built on. */
  #fail(error: unknown, touched: Iterable<DocumentState>): TuttiError {
    this.#refusal ??= unavailable(error, this.#options.disk.folder)
    for (const { doc, docNo, acked } of touched) {
      if (docNo > 0 && !this.#doubts.has(docNo)) this.#doubts.set(docNo, { doc, docNo, acked })
    }
    this.#options.forget()
    return this.#refusal
  }

  async #probe(): Promise<void> {
    this.refuseWhenClosed()
    await this.#commits.idle()
    if (this.#refusal !== null) {
      await this.#options.disk.findRoom()
      await this.#gate.exclusively(() => this.#reopen())
    }
    await this.write({ document: null, fill: batch => batch.put(probeKey, seal(probeKey, noBytes, checksum)) })
  }

  async #reopen() {
    const { disk, forget } = this.#options
    try {
      await this.#db.close()
      this.#db = await disk.openDatabase(false)
      await trimDoubtful(this.#db, this.#doubts.values())
    } catch (error) {
      throw unavailable(error, disk.folder)
    }
    this.#doubts.clear()
    forget()
    this.#refusal = null
  }
}
