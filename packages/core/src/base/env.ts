import type { Random } from './random.ts'
import type { Clock, Timers } from './time.ts'

/** Everything that is not a pure function of its input: time and chance. One object, handed down from the top. */
export interface Env {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}
