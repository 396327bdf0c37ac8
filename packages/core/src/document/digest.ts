/**
 * The cheap digest of a document's state: 16 hex digits over its state vector and delete set, the same whatever order
 * they were learnt in (SPEC DOC5). Equal digests mean that nothing remains to be sent either way; it says nothing of
 * content (see `contentDigest`).
 */
export function stateDigest(
  clocks: Iterable<readonly [client: number, clock: number]>,
  deletes: Iterable<readonly [client: number, ranges: readonly number[]]>,
): string {
  const sum = new DigestSum()
  for (const [client, clock] of clocks) sum.addClock(client, clock)
  for (const [client, ranges] of deletes) sum.addRanges(client, ranges)
  return sum.hex()
}

/** What a state digest is made of: a sum, so that whatever changes is taken out and put in by itself. */
export class DigestSum {
  #low = 0
  #high = 0

  /** A client of whom nothing is known counts for nothing. */
  addClock(client: number, clock: number): void {
    if (clock > 0) this.addRange(client, clock, 0)
  }

  /** A deleted range that begins and ends here. */
  addRange(client: number, start: number, end: number): void {
    this.#low = (this.#low + mix(client, start, end, lowSeed)) >>> 0
    this.#high = (this.#high + mix(client, start, end, highSeed)) >>> 0
  }

  takeRange(client: number, start: number, end: number): void {
    this.#low = (this.#low - mix(client, start, end, lowSeed)) >>> 0
    this.#high = (this.#high - mix(client, start, end, highSeed)) >>> 0
  }

  /** Flat [start, end, ...]. */
  addRanges(client: number, ranges: readonly number[]): void {
    for (let i = 0; i < ranges.length; i += 2) this.addRange(client, ranges[i] as number, ranges[i + 1] as number)
  }

  takeRanges(client: number, ranges: readonly number[]): void {
    for (let i = 0; i < ranges.length; i += 2) this.takeRange(client, ranges[i] as number, ranges[i + 1] as number)
  }

  copy(): DigestSum {
    const copy = new DigestSum()
    copy.#low = this.#low
    copy.#high = this.#high
    return copy
  }

  hex(): string {
    return this.#high.toString(16).padStart(8, '0') + this.#low.toString(16).padStart(8, '0')
  }
}

const lowSeed = 0x9e3779b9
const highSeed = 0x85ebca6b

function mix(a: number, b: number, c: number, seed: number): number {
  let h = seed
  for (const value of [a, b, c]) {
    h = scramble(h ^ (value >>> 0))
    h = scramble(h ^ Math.floor(value / 2 ** 32))
  }
  return h >>> 0
}

function scramble(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return h ^ (h >>> 15)
}
