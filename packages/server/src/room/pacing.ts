import type { Millis } from '@tutti/core'

/** A write to a socket costs about this; a room should not spend more than a small share of a core on spaced edits. */
const readersPerMs = 6
const fewReaders = 12
const longestMs: Millis = 7
/** Batches of a room come at most so often on average, measured in the longest wait. */
const sharing = 1.2
/** After a pause so many may come as they like. */
const burst = 2

/**
 * How long an edit may be kept for company (SPEC ROOM13). In a room with few readers not at all: only where every edit
 * costs a write to each of many sockets are those of a few milliseconds stored and shown together.
 */
export function longestWaitMs(readers: number): Millis {
  return readers <= fewReaders ? 0 : Math.min(longestMs, readers / readersPerMs)
}

/** So many are company already: they are not kept for more of it, only at the pace. */
const enough = 8

/**
 * When the batches of a room begin. Every batch takes a credit, and credits come back evenly: while there is one an edit
 * goes at once, else it waits for the next edit that finds one, and goes with it. So company is met rather than waited
 * for: of evenly spaced edits most are not delayed, where waiting for a while after each batch would delay them all.
 */
export class Pacing {
  #credit = burst
  #begunTicks = 0

  /** Until when the `waiting` edits, the first of which came at `since`, are kept: in ticks, `now` for no longer. */
  keptUntil(now: number, longestMs: Millis, since: number, waiting: number): number {
    if (longestMs === 0 || this.#creditAt(now, longestMs) >= 1) return now
    return (waiting < enough ? since : this.#begunTicks) + longestMs
  }

  /** A batch begins. */
  begin(now: number, longestMs: Millis): void {
    this.#credit = Math.max(0, this.#creditAt(now, longestMs) - 1)
    this.#begunTicks = now
  }

  #creditAt(now: number, longestMs: Millis): number {
    return longestMs === 0 ? burst : Math.min(burst, this.#credit + (now - this.#begunTicks) / (sharing * longestMs))
  }
}
