import { type Author, type Entry, type Seq, type UpdateVisitor } from '@tutti/core'
import { RunReader } from './entry-run.ts'

/** Records of entries that follow each other and were found whole, as they are stored; entries are made when asked for. */
export class CheckedRecords {
  /** By number: everybody who wrote one of the entries. */
  readonly authors: Map<number, Author> = new Map<number, Author>()
  readonly #records: Uint8Array[] = []
  readonly #from: number
  readonly #after: number

  /** The first record begins at position `from`; of its entries only those after `after` count. */
  constructor(from: number, after: number) {
    this.#from = from
    this.#after = after
  }

  push(record: Uint8Array): void {
    this.#records.push(record)
  }

  eachUpdate(visit: UpdateVisitor): void {
    this.#each((record, reader) => visit(record, reader.start, reader.end))
  }

  /** A new list. The bytes of the entries are views of the records. */
  entries(): Entry[] {
    const entries: Entry[] = []
    this.#each((record, reader, position) => {
      entries.push(toEntry(position, reader, this.authors.get(reader.author) as Author, record))
    })
    return entries
  }

  #each(visit: (record: Uint8Array, reader: RunReader, position: number) => void): void {
    const reader = new RunReader()
    let position = this.#from
    for (const record of this.#records) {
      reader.open(record)
      for (; reader.next(); position++) if (position > this.#after) visit(record, reader, position)
    }
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
