import { structKind } from './struct.ts'

/** What plain text has to say of itself to go on from the last struct of its client. */
export interface TypedPlace {
  readonly client: number
  /** Where it begins. */
  readonly clock: number
  readonly rightClient: number
  /** -1 for no right origin. */
  readonly rightClock: number
}

const hasLeft = 128
const hasRight = 64

/**
 * Where the text begins when the update in `bytes[from..to)` is nothing but ASCII text that goes on at `place`, written as
 * Yjs writes it; otherwise -1. Nearly every update of a document that is typed is like that, and a comparison of bytes
 * tells it: nothing is decoded. The text ends one byte before the update does.
 */
export function findTypedText(bytes: Uint8Array, from: number, to: number, place: TypedPlace): number {
  const { client, clock, rightClient, rightClock } = place
  // One client with one struct, and nothing deleted.
  if (clock >= 2 ** 32 || bytes[from] !== 1 || bytes[from + 1] !== 1 || bytes[to - 1] !== 0) return -1
  let at = matchVarint(bytes, matchVarint(bytes, from + 2, client), clock)
  if (bytes[at] !== (structKind.string | hasLeft | (rightClock < 0 ? 0 : hasRight))) return -1
  at = matchVarint(bytes, matchVarint(bytes, at + 1, client), clock - 1)
  if (rightClock >= 2 ** 32) return -1
  if (rightClock >= 0) at = matchVarint(bytes, matchVarint(bytes, at, rightClient), rightClock)
  const length = to - 2 - at
  if (at < 0 || length < 1 || length > 127 || bytes[at] !== length) return -1
  at++
  for (let i = at; i < to - 1; i++) if ((bytes[i] as number) > 127) return -1
  return at
}

/** The position after the varint at `at` when that is `value`, which is below 2^32; otherwise, and for no position, -1. */
function matchVarint(bytes: Uint8Array, at: number, value: number): number {
  if (at < 0) return -1
  let next = at
  let rest = value >>> 0
  for (; rest > 127; rest >>>= 7) if (bytes[next++] !== ((rest & 127) | 128)) return -1
  return bytes[next] === rest ? next + 1 : -1
}
