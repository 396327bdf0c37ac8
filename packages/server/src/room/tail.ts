import type { ScannedUpdate, Seq } from '@tutti/core'

export interface TailEntry {
  readonly seq: Seq
  readonly scan: ScannedUpdate
}

/** The newest durable entries, kept in memory for readers that are a little behind. Bounded by bytes. */
export class Tail {
  readonly #entries: TailEntry[] = []
  readonly #maxBytes: number
  #first = 0
  #bytes = 0
  #head: Seq

  constructor(head: Seq, maxBytes: number) {
    this.#head = head
    this.#maxBytes = maxBytes
  }

  /** Readers at or after this position can be served from here. */
  get reachesBackTo(): number {
    return this.#head - (this.#entries.length - this.#first)
  }

  push(entry: TailEntry): void {
    this.#entries.push(entry)
    this.#head = entry.seq
    this.#bytes += entry.scan.bytes.length + perEntryBytes
    while (this.#bytes > this.#maxBytes && this.#entries.length - this.#first > 1) {
      this.#bytes -= (this.#entries[this.#first] as TailEntry).scan.bytes.length + perEntryBytes
      this.#first++
    }
    if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first)
      this.#first = 0
    }
  }

  /** The entries after `cursor`, which must not lie before `reachesBackTo`, up to about `maxBytes`. */
  after(cursor: number, maxBytes: number): readonly TailEntry[] {
    const from = this.#first + (cursor - this.reachesBackTo)
    let to = from
    let bytes = 0
    while (to < this.#entries.length && (to === from || bytes < maxBytes)) {
      bytes += (this.#entries[to] as TailEntry).scan.bytes.length
      to++
    }
    return this.#entries.slice(from, to)
  }

  /** Forgets everything: the room has nobody who could need it. */
  clear(): void {
    this.#entries.length = 0
    this.#first = 0
    this.#bytes = 0
  }
}

/** A scanned entry costs more than its bytes: about this. */
const perEntryBytes = 300
