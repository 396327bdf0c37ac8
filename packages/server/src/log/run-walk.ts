import { type Author, type DocName, type Entry, type Finding, isWhole, sealOf } from '@tutti/core'
import { CheckedRecords } from './checked-records.ts'
import { RunReader } from './entry-run.ts'
import { isEntriesFrom } from './level-keys.ts'
import { checksum } from './records.ts'

export interface EntryRange {
  readonly doc: DocName
  readonly docNo: number
  /** Exclusive. */
  readonly after: number
  /** Inclusive: entries up to here are known to have been written. */
  readonly upTo: number
  /** First position of the record that holds the one after `after`. */
  readonly from: number
  /** What that record links to, when that is known. */
  readonly link: number | null
}

export interface ReadEntries {
  readonly entries: Entry[]
  readonly findings: Finding[]
}

/** Gives the author of a number, or `null` when its record is lost. */
export type AuthorSource = (number: number) => Author | null

/** Takes record after record of a range, and holds each against the one before. */
export class RunWalk {
  readonly records: CheckedRecords
  /** Bytes of the updates after `after` so far. */
  updateBytes = 0
  readonly #docNo: number
  readonly #after: number
  readonly #authors: AuthorSource
  readonly #reader = new RunReader()
  #position: number
  #link: number | null

  constructor(range: EntryRange, authors: AuthorSource) {
    this.records = new CheckedRecords(range.from, range.after)
    this.#docNo = range.docNo
    this.#after = range.after
    this.#position = range.from - 1
    this.#authors = authors
    this.#link = range.link
  }

  /** The last position taken. */
  get position(): number {
    return this.#position
  }

  /** False when the record is not the one that follows, as it was sealed; then it is of no use any more. */
  take(record: Uint8Array): boolean {
    if (!isWhole(record, checksum) || !isEntriesFrom(this.#docNo, this.#position + 1, record)) return false
    const reader = this.#reader
    reader.open(record)
    if (this.#link !== null && reader.link !== this.#link) return false
    this.#link = sealOf(record)
    let known: number | null = null
    let position = this.#position
    while (reader.next()) {
      position++
      if (position > this.#after) this.updateBytes += reader.end - reader.start
      if (reader.author === known) continue
      known = reader.author
      const author = this.#authors(known)
      if (author === null) return false
      this.records.authors.set(known, author)
    }
    if (reader.failed) return false
    this.#position = position
    this.records.push(record)
    return true
  }
}
