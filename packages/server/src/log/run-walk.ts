import { type Author, type DocName, type Entry, type Finding, isWhole, type Seq, sealOf } from '@tutti/core'
import { RunReader } from './entry-run.ts'
import { positionOfRecord } from './level-keys.ts'
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
  /** The last position read. */
  position: number
  readonly #after: number
  readonly #authors: AuthorSource
  readonly #reader = new RunReader()
  #link: number | null

  constructor(range: EntryRange, authors: AuthorSource) {
    this.position = range.from - 1
    this.#after = range.after
    this.#authors = authors
    this.#link = range.link
  }

  /** False when the record is not the one that follows, as it was sealed; then it is of no use any more. */
  read(record: Uint8Array, into: Entry[]): boolean {
    if (!isWhole(record, checksum) || positionOfRecord(record) !== this.position + 1) return false
    const reader = this.#reader
    reader.open(record)
    if (this.#link !== null && reader.link !== this.#link) return false
    this.#link = sealOf(record)
    let number = -1
    let author: Author | null = null
    while (reader.next()) {
      this.position++
      if (reader.author !== number) {
        number = reader.author
        author = this.#authors(number)
      }
      if (author === null) return false
      if (this.position > this.#after) into.push(toEntry(this.position, reader, author, record))
    }
    return !reader.failed
  }
}

/** The entry a reader of `record` is at. Its bytes are a view. */
export function toEntry(position: number, reader: RunReader, author: Author, record: Uint8Array): Entry {
  return {
    seq: position as Seq,
    bytes: new Uint8Array(record.buffer, record.byteOffset + reader.start, reader.end - reader.start),
    at: reader.at,
    base: reader.base as Seq,
    author,
    counter: reader.counter,
  }
}
