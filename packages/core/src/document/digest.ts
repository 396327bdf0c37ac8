/**
 * The cheap digest of a document's state: 16 hex digits over its state vector and delete set, the same whatever order
 * they were learnt in (SPEC DOC5). Equal digests mean that nothing remains to be sent either way; it says nothing of
 * content (see `contentDigest`).
 */
export function stateDigest(
  clocks: Iterable<readonly [client: number, clock: number]>,
  deletes: Iterable<readonly [client: number, ranges: readonly number[]]>,
): string {
  let low = 0
  let high = 0
  const add = (a: number, b: number, c: number) => {
    low = (low + mix(a, b, c, 0x9e3779b9)) >>> 0
    high = (high + mix(a, b, c, 0x85ebca6b)) >>> 0
  }
  for (const [client, clock] of clocks) if (clock > 0) add(client, clock, 0)
  for (const [client, ranges] of deletes) {
    for (let i = 0; i < ranges.length; i += 2) add(client, ranges[i] as number, ranges[i + 1] as number)
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

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
