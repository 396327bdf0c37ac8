import type { Millis } from '@tutti/core'

/** A write to a socket costs about this; a room should not spend more than a small share of a core on spaced edits. */
const readersPerMs = 6
const fewReaders = 12
const longestMs: Millis = 7

/**
 * How long after one batch of a room the next may begin (SPEC ROOM5). The first edit after a pause is never held back, and
 * a room with few readers never waits: only where every edit costs a write to each of many sockets are those of a few
 * milliseconds stored and shown together.
 */
export function batchGapMs(readers: number): Millis {
  return readers <= fewReaders ? 0 : Math.min(longestMs, readers / readersPerMs)
}
