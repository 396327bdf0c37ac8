import type { Random } from '../base/random.ts'
import type { Millis } from '../base/time.ts'

export interface BackoffOptions {
  /** Upper bound of the first wait; doubles with each further attempt. */
  readonly firstMs: Millis
  /** No wait is longer. */
  readonly longestMs: Millis
}

export const defaultBackoff: BackoffOptions = { firstMs: 250, longestMs: 10_000 }

/**
 * How long to wait before attempt number `attempt` (0 for the first retry): full jitter, anything from 0 to the bound, so
 * that a thousand clients that lost one server do not come back as one (SPEC CON4).
 */
export function backoffMs(attempt: number, random: Random, options: BackoffOptions = defaultBackoff): Millis {
  const bound = Math.min(options.longestMs, options.firstMs * 2 ** Math.min(attempt, 30))
  return Math.round(random.next() * bound)
}
