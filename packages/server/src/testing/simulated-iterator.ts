import type { ByteIterator, IteratorRange } from '../log/byte-level.ts'
import { rangeOf, type Row } from './sorted-table.ts'

const defaultStepBytes = 16 * 1024

/** Walks over rows that do not change any more. */
export class SimulatedIterator<T> implements ByteIterator<T> {
  readonly #rows: readonly Row[]
  readonly #read: () => Promise<void>
  readonly #pick: (row: Row) => T
  readonly #stepBytes: number
  readonly #direction: 1 | -1
  #at: number
  #left: number
  #isClosed = false

  /** `read` takes the time of a step, and rejects when it fails. */
  constructor(rows: readonly Row[], range: IteratorRange, read: () => Promise<void>, pick: (row: Row) => T) {
    const { reverse = false, limit = -1, highWaterMarkBytes = defaultStepBytes } = range
    const [from, to] = rangeOf(rows, range)
    this.#rows = rows
    this.#read = read
    this.#pick = pick
    this.#stepBytes = highWaterMarkBytes
    this.#direction = reverse ? -1 : 1
    this.#at = reverse ? to - 1 : from
    this.#left = limit < 0 ? to - from : Math.min(limit, to - from)
  }

  async next(): Promise<T | undefined> {
    const [row] = await this.nextv(1)
    return row
  }

  async nextv(size: number): Promise<T[]> {
    if (this.#isClosed) throw new Error('the iterator is not open')
    await this.#read()
    const step: T[] = []
    for (let bytes = 0; step.length < size && this.#left > 0 && bytes < this.#stepBytes; this.#left--) {
      const row = this.#rows[this.#at] as Row
      this.#at += this.#direction
      bytes += row.key.length + row.value.length
      step.push(this.#pick(row))
    }
    return step
  }

  async all(): Promise<T[]> {
    const all: T[] = []
    for (let step = await this.nextv(1000); step.length > 0; step = await this.nextv(1000)) all.push(...step)
    await this.close()
    return all
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (let step = await this.nextv(100); step.length > 0; step = await this.nextv(100)) yield* step
    } finally {
      await this.close()
    }
  }
}
