// Client ids and subdocuments' ids of Yjs: from a seed instead of from the machine.
import { type SeededRandom, seededRandom } from '@tutti/core/testing'

/** Drawn so much at a time: a document asks for a few bytes many times. */
const poolBytes = 1024
let random: SeededRandom = seededRandom(0)
let pool: Uint8Array = new Uint8Array(0)
let used = 0
let drawn = 0

/** Begins anew with the chance of a story. */
export function seedLibraries(seed: number): void {
  random = seededRandom(seed)
  used = pool.length
}

/** How many bytes were drawn so far. */
export function drawnBytes(): number {
  return drawn
}

/** Draws bytes that nobody looks at. */
export function drawInVain(bytes: number): void {
  for (let i = 0; i < bytes; i++) byte()
}

export const subtle: null = null

export function getRandomValues<T extends Uint8Array | Uint32Array>(view: T): T {
  const isWide = view.BYTES_PER_ELEMENT === 4
  for (let i = 0; i < view.length; i++)
    view[i] = isWide ? byte() | (byte() << 8) | (byte() << 16) | (byte() << 24) : byte()
  return view
}

function byte(): number {
  if (used === pool.length) {
    pool = random.bytes(poolBytes)
    used = 0
  }
  drawn++
  return pool[used++] as number
}
