// Client ids and subdocuments' ids of Yjs: from a seed instead of from the machine.
import { type SeededRandom, seededRandom } from '@tutti/core/testing'

let random: SeededRandom = seededRandom(0)

/** Begins anew with the chance of a story. */
export function seedLibraries(seed: number): void {
  random = seededRandom(seed)
}

export const subtle: null = null

export function getRandomValues<T extends ArrayBufferView>(view: T): T {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  bytes.set(random.bytes(bytes.length))
  return view
}
