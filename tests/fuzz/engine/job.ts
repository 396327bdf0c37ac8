/** What a worker is told to do. */
export interface Job {
  readonly target: string
  readonly seed: number
  /** Tried as they are, before anything else: old failures, and one input to be had again. */
  readonly again: readonly Uint8Array[]
  readonly corpus: readonly Uint8Array[]
  /** Ends after so many inputs or so many milliseconds, whichever is first. */
  readonly inputs: number
  readonly ms: number
  /** Whether what goes somewhere new is made small first, as it is to be kept. */
  readonly keeps: boolean
  /** Shared with whoever watches: [times announced, length of the input], then the input. */
  readonly announced: SharedArrayBuffer
}

/** What came out of it. */
export interface Outcome {
  readonly target: string
  readonly seed: number
  readonly executions: number
  /** Of computing, however long it took. */
  readonly seconds: number
  readonly branches: number
  readonly branchesReached: number
  /** Lines of branches never reached, by file. */
  readonly missed: Readonly<Record<string, readonly number[]>>
  readonly found: readonly Failed[]
  /** Few inputs that together reach everything that was reached; none unless they are to be kept. */
  readonly corpus: readonly Uint8Array[]
  /** Bytes left in memory after all of it. */
  readonly keptBytes: number
}

export interface Failed {
  readonly kind: string
  readonly text: string
  readonly input: Uint8Array
}

/** Bytes of `Job.announced` before the input. */
export const announcedHead = 8
export const longestAnnounced: number = 64 * 1024
