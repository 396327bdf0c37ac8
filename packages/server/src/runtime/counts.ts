import type { ErrorCode, Millis } from '@tutti/core'
import { Histogram } from './histogram.ts'

/** What was refused: an edit, a document on a connection, a whole connection. */
export type RefusedKind = 'update' | 'open' | 'connection'

/** From less than a good disk takes to what nobody waits for. */
const durableBoundsMs: readonly Millis[] = [1, 2, 3, 5, 7, 10, 15, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]

/**
 * What a relay has done since it began, for whoever asks: plain numbers that are added to where something happens, and
 * only read when figures are wanted.
 */
export class Counts {
  /** Edits made durable, and their bytes. */
  updates = 0
  updateBytes = 0
  /** Connections let in. */
  connections = 0
  /** How long the edit of each batch that waited longest took from accepted to durable. */
  readonly durableMs: Histogram = new Histogram(durableBoundsMs)
  readonly #refused = new Map<RefusedKind, Map<ErrorCode, number>>()

  refused(kind: RefusedKind, code: ErrorCode): void {
    let codes = this.#refused.get(kind)
    if (codes === undefined) this.#refused.set(kind, (codes = new Map()))
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }

  *refusals(): Generator<{ readonly kind: RefusedKind; readonly code: ErrorCode; readonly count: number }> {
    for (const [kind, codes] of this.#refused) for (const [code, count] of codes) yield { kind, code, count }
  }
}
