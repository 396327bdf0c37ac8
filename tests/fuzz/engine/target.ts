/** One promise that is tried with bytes nobody would think of. */
export interface FuzzTarget {
  readonly name: string
  /** Source files that guide the search, as beginnings of paths from the root. */
  readonly watched: readonly string[]
  /** Inputs are kept this short: what breaks is nearly always short. */
  readonly maxBytes: number
  /** Inputs to begin with; the corpus on disk comes on top. */
  readonly seeds: () => readonly Uint8Array[]
  /** Pieces worth putting into an input. */
  readonly words?: readonly Uint8Array[]
  /** About how many inputs a second are tried: what a test of some seconds reckons with. */
  readonly pace: number
  /** Tries one input. Throws when the promise is broken. */
  readonly run: (input: Uint8Array) => void | Promise<void>
}

/** What a target throws when a promise is broken. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

export function check(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new BrokenPromise(promise)
}

/** One computation may take so long, counted in the processor's time. */
export const longestMs = 100

/** One array may be so large. */
export const largestBytes: number = 64 * 1024 * 1024

/** What may be left in memory of all that was tried. */
export const mostKeptBytes: number = 48 * 1024 * 1024
