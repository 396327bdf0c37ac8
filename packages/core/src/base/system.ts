import type { Env } from './env.ts'
import type { Millis } from './time.ts'

// The only file of the house that touches the real clock, real timers and real chance. The lint forbids them elsewhere.

interface Host {
  setTimeout(call: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  setImmediate?(call: () => void): unknown
  performance: { now(): number }
  crypto: { getRandomValues(bytes: Uint8Array): Uint8Array }
}

const host = globalThis as unknown as Host

/** Longer waits overflow the host's timer and would fire at once. */
const longestWaitMs = 2 ** 31 - 1

/** The real world. */
export const systemEnv: Env = {
  clock: {
    now: () => Date.now(),
    ticks: () => host.performance.now(),
  },
  timers: {
    after(ms: Millis, call: () => void) {
      const timer = host.setTimeout(call, Math.min(Math.max(0, ms), longestWaitMs))
      return () => host.clearTimeout(timer)
    },
    soon(call: () => void) {
      if (host.setImmediate) host.setImmediate(call)
      else host.setTimeout(call, 0)
    },
  },
  random: {
    next: () => Math.random(),
    bytes(length: number) {
      return host.crypto.getRandomValues(new Uint8Array(length))
    },
  },
}
