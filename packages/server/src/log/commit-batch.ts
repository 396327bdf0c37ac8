import { type Author, type Epoch, type NewEntry, sealOf, type TuttiError } from '@tutti/core'
import type { AuthorNumber, AuthorTable } from './author-table.ts'
import type { ByteBatch } from './byte-level.ts'
import type { DocumentState, Progress } from './document-table.ts'
import { sealRun } from './entry-run.ts'
import { entryKey, entryKeyLength, letters, numberKey } from './level-keys.ts'
import { HeadSealer, sealAuthor } from './records.ts'

/** One write that waits for its commit. */
export interface Job {
  readonly document: DocumentState | null
  /** What it appends; not to be changed until the job is done or refused. */
  readonly entries: readonly NewEntry[]
  fill(batch: ByteBatch): void
  done(): void
  refuse(error: TuttiError): void
}

/** A batch copies what is put into it: one key serves for all. */
const scratchKey = new Uint8Array(entryKeyLength)

/** Puts the jobs of one commit into one batch: for each document one record of entries and one head, where it can be. */
export class CommitBatch {
  /** How far each document goes with it. */
  readonly written: ReadonlyMap<DocumentState, Progress>
  readonly #authors: AuthorTable
  readonly #batch: ByteBatch
  readonly #newAuthors = new Map<AuthorNumber, Author>()

  constructor(batch: ByteBatch, jobs: readonly Job[], authors: AuthorTable) {
    this.#batch = batch
    this.#authors = authors
    const entriesOf = new Map<DocumentState, readonly NewEntry[]>()
    for (const { document, entries } of jobs) {
      if (document === null || document.docNo === 0) continue
      const known = entriesOf.get(document)
      entriesOf.set(document, known === undefined || known.length === 0 ? entries : known.concat(entries))
    }
    for (const job of jobs) job.fill(batch)
    const written = new Map<DocumentState, Progress>()
    for (const [document, entries] of entriesOf) {
      if (!document.removed) written.set(document, this.#append(document, entries))
    }
    this.written = written
    for (const [{ number }, author] of this.#newAuthors) {
      batch.put(numberKey(letters.author, number), sealAuthor(number, author))
    }
  }

  /** Once it is on disk. */
  stored(): void {
    for (const author of this.#newAuthors.keys()) author.stored = true
  }

  #append(document: DocumentState, entries: readonly NewEntry[]): Progress {
    let { seq, link, bytes } = document.acked
    for (let from = 0; from < entries.length; ) {
      const run = sealRun(document.docNo, seq + 1, link, entries, from, entry => this.#numberOf(entry.author))
      this.#batch.put(entryKey(document.docNo, seq + 1, scratchKey), run.record)
      link = sealOf(run.record)
      bytes += run.updateBytes
      seq += run.next - from
      from = run.next
    }
    const progress: Progress = { seq, link, bytes }
    document.sealer ??= new HeadSealer(document.docNo, document.epoch as Epoch)
    this.#batch.put(document.sealer.key, document.sealer.seal(progress, document))
    return progress
  }

  #numberOf(author: Author): number {
    const number = this.#authors.numberOf(author)
    if (!number.stored) this.#newAuthors.set(number, author)
    return number.number
  }
}
