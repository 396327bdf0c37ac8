/** Milliseconds. As a moment: since 1970 by the wall clock. As a span: a plain count. */
export type Millis = number

export interface Clock {
  /** Wall time, for people to read. May step back; never used to order anything. */
  now(): Millis
  /** Time that only moves forward, for measuring spans. */
  ticks(): Millis
}

export type Cancel = () => void

export interface Timers {
  /** Calls once, not before `ms` have passed, unless cancelled. */
  after(ms: Millis, call: () => void): Cancel
  /** Calls once when the present turn of the event loop is done with its input. */
  soon(call: () => void): void
}
