import type { KeyRange } from '../log/byte-level.ts'

/** A key as a string of its bytes sorts as the bytes do, and compares faster. */
export interface Row {
  readonly key: string
  readonly keyBytes: Uint8Array
  readonly value: Uint8Array
}

/** A put, or the deletion of a key. */
export interface Change {
  readonly key: string
  readonly row: Row | null
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

/** Puts a copy of both. */
export function put(key: Uint8Array, value: Uint8Array): Change {
  const text = keyOf(key)
  return { key: text, row: { key: text, keyBytes: Uint8Array.from(key), value: Uint8Array.from(value) } }
}

export function deletion(key: Uint8Array): Change {
  return { key: keyOf(key), row: null }
}

/** Rows in the order of their keys. Forks and views share its memory until one of them changes. */
export class SortedTable {
  #rows: Row[]
  #isShared = false

  constructor(rows: Row[] = []) {
    this.#rows = rows
  }

  /** What it holds now; not to be changed. */
  view(): readonly Row[] {
    this.#isShared = true
    return this.#rows
  }

  fork(): SortedTable {
    const fork = new SortedTable(this.#rows)
    this.#isShared = true
    fork.#isShared = true
    return fork
  }

  apply(changes: readonly Change[]): void {
    if (changes.length === 0) return
    if (this.#isShared) this.#rows = this.#rows.slice()
    this.#isShared = false
    for (const { key, row } of changes) {
      const at = firstFrom(this.#rows, key)
      const isThere = this.#rows[at]?.key === key
      if (row === null) {
        if (isThere) this.#rows.splice(at, 1)
      } else if (isThere) this.#rows[at] = row
      else this.#rows.splice(at, 0, row)
    }
  }
}

/** Where the first row is whose key is not below `key`. */
function firstFrom(rows: readonly Row[], key: string): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle] as Row).key < key) low = middle + 1
    else high = middle
  }
  return low
}

export function findRow(rows: readonly Row[], key: Uint8Array): Row | undefined {
  const text = keyOf(key)
  const row = rows[firstFrom(rows, text)]
  return row?.key === text ? row : undefined
}

/** The rows of a range: from the first number up to the second, exclusive. */
export function rangeOf(rows: readonly Row[], { gt, gte, lt, lte }: KeyRange): readonly [number, number] {
  // What comes directly after a key is the key with a zero behind it.
  const from =
    gt !== undefined ? firstFrom(rows, `${keyOf(gt)}\0`) : gte !== undefined ? firstFrom(rows, keyOf(gte)) : 0
  const to =
    lt !== undefined ? firstFrom(rows, keyOf(lt)) : lte !== undefined ? firstFrom(rows, `${keyOf(lte)}\0`) : rows.length
  return [from, Math.max(from, to)]
}
