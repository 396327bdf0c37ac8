import type { Millis } from '@tutti/core'
import type { Counts } from '../runtime/counts.ts'

/** What is asked when figures are wanted. Nothing here is kept up to date meanwhile. */
export interface FigureSources {
  readonly counts: Counts
  readonly connections: () => Readonly<Record<'native' | 'stock', number>>
  /** Open documents; those among them that are damaged; the age of the oldest edit that is not durable, null for none. */
  readonly documents: () => { readonly open: number; readonly damaged: number; readonly oldestMs: Millis | null }
  readonly storeAvailable: () => boolean
  readonly isDraining: () => boolean
  /** What the last look over the store saw; null before the first. */
  readonly stored: () => { readonly documents: number; readonly reclaimableBytes: number } | null
  /** Free bytes where the store is; null where that cannot be told. */
  readonly freeBytes: () => Promise<number | null>
}
