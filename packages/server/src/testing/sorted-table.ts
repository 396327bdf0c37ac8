import type { KeyRange } from '../log/byte-level.ts'

/** Nobody changes its bytes. */
export interface Row {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A put, or the deletion of a key. */
export interface Change {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
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
    for (const { key, value } of changes) {
      const at = firstFrom(this.#rows, key)
      const row = this.#rows[at]
      const isThere = row !== undefined && compare(row.key, key) === 0
      if (value === null) {
        if (isThere) this.#rows.splice(at, 1)
      } else if (isThere) this.#rows[at] = { key, value }
      else this.#rows.splice(at, 0, { key, value })
    }
  }
}

export function findRow(rows: readonly Row[], key: Uint8Array): Row | undefined {
  const row = rows[firstFrom(rows, key)]
  return row !== undefined && compare(row.key, key) === 0 ? row : undefined
}

/** The rows of a range: from the first number up to the second, exclusive. */
export function rangeOf(rows: readonly Row[], { gt, gte, lt, lte }: KeyRange): readonly [number, number] {
  const from = gt !== undefined ? firstAfter(rows, gt) : gte !== undefined ? firstFrom(rows, gte) : 0
  const to = lt !== undefined ? firstFrom(rows, lt) : lte !== undefined ? firstAfter(rows, lte) : rows.length
  return [from, Math.max(from, to)]
}

/** Where the first row is whose key is not below `key`. */
function firstFrom(rows: readonly Row[], key: Uint8Array): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare((rows[middle] as Row).key, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function firstAfter(rows: readonly Row[], key: Uint8Array): number {
  const at = firstFrom(rows, key)
  const row = rows[at]
  return row !== undefined && compare(row.key, key) === 0 ? at + 1 : at
}

/** Keys are short: a loop is done before a call into the engine has begun. */
function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
