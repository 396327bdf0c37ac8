/** What has gathered since the last checkpoint. */
export interface Gathered {
  readonly tailEntries: number
  readonly tailBytes: number
}

/** Below this many entries bytes alone do not make a compaction worth its writes. */
const fewEntries = 16
const manyBytes = 1024 * 1024

/** Whether folding is worth it: many entries, or few large ones (SPEC COM2). */
export function isCompactionDue({ tailEntries, tailBytes }: Gathered, afterEntries: number): boolean {
  return tailEntries >= afterEntries || (tailEntries >= fewEntries && tailBytes >= manyBytes)
}
