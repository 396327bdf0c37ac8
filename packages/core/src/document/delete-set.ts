import { varintLength, writeVarint } from '../base/bytes.ts'
import { DigestSum } from './digest.ts'

// Sets without anything share these, as many documents have one: they stay as they are.
const noRanges = new Map<number, number[]>()
const emptyBytes = Uint8Array.of(0)

/** Which clock ranges of which clients are deleted: per client sorted, disjoint, never touching. */
export class DeleteSet {
  /** Flat [start, end, start, end, ...] per client. */
  #ranges = noRanges
  #encoded: Uint8Array | null = null
  /** Kept up to date once somebody has asked for it. */
  #sum: DigestSum | null = null

  add(client: number, clock: number, length: number): void {
    const end = clock + length
    let ranges = this.#ranges.get(client)
    if (ranges === undefined) {
      ranges = []
      this.#put(client, ranges)
    }
    // Appending or growing the last range is what typing and holding backspace do.
    const size = ranges.length
    if (size === 0 || clock > (ranges[size - 1] as number)) {
      ranges.push(clock, end)
      this.#encoded = null
      this.#sum?.addRange(client, clock, end)
      return
    }
    const first = firstEndingAtOrAfter(ranges, clock)
    if ((ranges[first] as number) <= clock && (ranges[first + 1] as number) >= end) return
    this.#encoded = null
    if (end < (ranges[first] as number)) {
      ranges.splice(first, 0, clock, end)
      this.#sum?.addRange(client, clock, end)
      return
    }
    let last = first
    while (last + 2 < size && (ranges[last + 2] as number) <= end) last += 2
    const from = Math.min(clock, ranges[first] as number)
    const to = Math.max(end, ranges[last + 1] as number)
    for (let i = first; i <= last; i += 2) {
      this.#sum?.takeRange(client, ranges[i] as number, ranges[i + 1] as number)
    }
    this.#sum?.addRange(client, from, to)
    if (last > first) ranges.splice(first + 2, last - first)
    ranges[first] = from
    ranges[first + 1] = to
  }

  /** Adds flat [client, clock, length, ...]: in linear time, however many there are and in whatever order. */
  addAll(deletes: readonly number[]): void {
    let from = 0
    while (from < deletes.length) {
      const client = deletes[from] as number
      let to = from + 3
      while (to < deletes.length && deletes[to] === client) to += 3
      if (to - from < 3 * fewRanges) {
        for (let i = from; i < to; i += 3) this.add(client, deletes[i + 1] as number, deletes[i + 2] as number)
      } else {
        const before = this.#ranges.get(client) ?? []
        const whole = union(before, deletes, from, to)
        this.#encoded = null
        this.#sum?.takeRanges(client, before)
        this.#sum?.addRanges(client, whole)
        this.#put(client, whole)
      }
      from = to
    }
  }

  /** Whether every tick of the range is deleted. */
  has(client: number, clock: number, length: number): boolean {
    const ranges = this.#ranges.get(client)
    if (ranges === undefined || ranges.length === 0) return false
    const at = firstEndingAtOrAfter(ranges, clock)
    return at < ranges.length && (ranges[at] as number) <= clock && (ranges[at + 1] as number) >= clock + length
  }

  /** What the set adds to a state digest. The first time walks all of it; from then on every change brings its own part. */
  digestSum(): DigestSum {
    if (this.#sum === null) {
      this.#sum = new DigestSum()
      for (const [client, ranges] of this.#ranges) this.#sum.addRanges(client, ranges)
    }
    return this.#sum.copy()
  }

  get isEmpty(): boolean {
    return this.#ranges.size === 0
  }

  /** Every client with its flat [start, end, ...] ranges, in no order. The arrays are the set's own: read only. */
  entries(): IterableIterator<[number, readonly number[]]> {
    return this.#ranges.entries()
  }

  /** As Yjs V1 writes it; clients descending, as Yjs does. The bytes are kept until the set changes: do not write to them. */
  encode(): Uint8Array {
    if (this.isEmpty) return emptyBytes
    if (this.#encoded !== null) return this.#encoded
    const clients = [...this.#ranges.keys()].sort((a, b) => b - a)
    let length = varintLength(clients.length)
    for (const client of clients) {
      const ranges = this.#ranges.get(client) as number[]
      length += varintLength(client) + varintLength(ranges.length / 2)
      for (let i = 0; i < ranges.length; i += 2) {
        const start = ranges[i] as number
        length += varintLength(start) + varintLength((ranges[i + 1] as number) - start)
      }
    }
    const bytes = new Uint8Array(length)
    let at = writeVarint(bytes, 0, clients.length)
    for (const client of clients) {
      const ranges = this.#ranges.get(client) as number[]
      at = writeVarint(bytes, at, client)
      at = writeVarint(bytes, at, ranges.length / 2)
      for (let i = 0; i < ranges.length; i += 2) {
        const start = ranges[i] as number
        at = writeVarint(bytes, at, start)
        at = writeVarint(bytes, at, (ranges[i + 1] as number) - start)
      }
    }
    this.#encoded = bytes
    return bytes
  }

  #put(client: number, ranges: number[]): void {
    if (this.#ranges === noRanges) this.#ranges = new Map()
    this.#ranges.set(client, ranges)
  }
}

/** Up to here ranges are added one by one, each moving what lies behind it. */
const fewRanges = 16

/** `ranges` together with the triples `deletes[from..to)` of one client: sorted, disjoint, never touching. */
function union(ranges: readonly number[], deletes: readonly number[], from: number, to: number): number[] {
  const count = (to - from) / 3
  const starts = new Float64Array(count)
  const ends = new Float64Array(count)
  for (let i = 0, at = from; i < count; i++, at += 3) {
    starts[i] = deletes[at + 1] as number
    ends[i] = (deletes[at + 1] as number) + (deletes[at + 2] as number)
  }
  // Where a union begins and ends does not depend on which start goes with which end.
  starts.sort()
  ends.sort()
  const whole: number[] = []
  let old = 0
  let i = 0
  while (i < count || old < ranges.length) {
    if (i === count || (old < ranges.length && (ranges[old] as number) <= (starts[i] as number))) {
      pushRange(whole, ranges[old] as number, ranges[old + 1] as number)
      old += 2
    } else {
      pushRange(whole, starts[i] as number, ends[i] as number)
      i++
    }
  }
  return whole
}

/** Pushes a range that begins no earlier than the last one. */
function pushRange(ranges: number[], start: number, end: number): void {
  const last = ranges.length - 1
  if (last < 0 || start > (ranges[last] as number)) ranges.push(start, end)
  else if (end > (ranges[last] as number)) ranges[last] = end
}

/** Index of the first range whose end is at or after `clock`; `ranges.length` when there is none. */
function firstEndingAtOrAfter(ranges: readonly number[], clock: number): number {
  let low = 0
  let high = ranges.length / 2
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle * 2 + 1] as number) < clock) low = middle + 1
    else high = middle
  }
  return low * 2
}
