import type { Seq } from '@tutti/core'

/** The newest durable entries, kept in memory for readers that are a little behind. Bounded by bytes. */
export class Tail {
  #entries: Uint8Array[] = []
  readonly #maxBytes: number
  #first = 0
  #bytes = 0
  #head: number

  constructor(head: Seq, maxBytes: number) {
    this.#head = head
    this.#maxBytes = maxBytes
  }

  /** Readers at or after this position can be served from here. */
  get reachesBackTo(): number {
    return this.#head - (this.#entries.length - this.#first)
  }

  /** Adds the entry after the last one. */
  push(entry: Uint8Array): void {
    this.#entries.push(entry)
    this.#head++
    this.#bytes += entry.length + perEntryBytes
    while (this.#bytes > this.#maxBytes && this.#entries.length - this.#first > 1) {
      this.#bytes -= (this.#entries[this.#first] as Uint8Array).length + perEntryBytes
      this.#first++
    }
    if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first)
      this.#first = 0
    }
  }

  /** The entries after `cursor`, which must not lie before `reachesBackTo`, up to about `maxBytes`. */
  after(cursor: number, maxBytes: number): readonly Uint8Array[] {
    const from = this.#first + (cursor - this.reachesBackTo)
    let to = from
    let bytes = 0
    while (to < this.#entries.length && (to === from || bytes < maxBytes)) {
      bytes += (this.#entries[to] as Uint8Array).length
      to++
    }
    return this.#entries.slice(from, to)
  }

  /** Forgets everything: nobody is near enough to need it. */
  clear(): void {
    this.#entries = []
    this.#first = 0
    this.#bytes = 0
  }
}

/** What an entry costs besides its bytes. */
const perEntryBytes = 250
