import { drawInVain, drawnBytes } from './replaced/webcrypto.ts'

/** So many readings are kept: a story has fewer. */
const mostKept = 4_000

interface Kept<T> {
  readonly value: T
  /** Chance that reading took: Yjs gives an id to each subdocument it meets. */
  readonly drawn: number
}

/**
 * Reads the same bytes only once. A story hands the same updates from one to the next, and whoever watches reads them at
 * every hand. As much chance is drawn again as reading took, so that stories are the same whether something is kept or not.
 */
export function readOnce<T>(read: (updates: readonly Uint8Array[]) => T): (updates: readonly Uint8Array[]) => T {
  const all = new Map<string, Kept<T>>()
  return updates => {
    const name = updates.map(nameOf).join('')
    const kept = all.get(name)
    if (kept !== undefined) {
      drawInVain(kept.drawn)
      return kept.value
    }
    const before = drawnBytes()
    const value = read(updates)
    if (all.size >= mostKept) all.clear()
    all.set(name, { value, drawn: drawnBytes() - before })
    return value
  }
}

/** The bytes themselves, and how many: no two lists of updates have the same name. */
function nameOf({ buffer, byteOffset, length }: Uint8Array): string {
  return `${length}:${Buffer.from(buffer, byteOffset, length).toString('latin1')}`
}
