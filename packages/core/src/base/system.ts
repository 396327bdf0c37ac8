import type { Env } from './env.ts'
import type { Millis } from './time.ts'

// The only file of the house that touches the real clock, real timers and real chance. The lint forbids them elsewhere.

interface Host {
  setTimeout(call: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  setImmediate?(call: () => void): unknown
  performance: { now(): number }
  crypto: { getRandomValues<Bytes extends Uint8Array>(bytes: Bytes): Bytes }
}

const host = globalThis as unknown as Host

/** Longer waits overflow the host's timer and would fire at once. */
const longestWaitMs = 2 ** 31 - 1

/** Chance is asked for so much at a time: a call of the host costs far more than the few bytes of a word. */
const poolBytes = 1024
let pool = new Uint8Array(0)
let poolUsed = 0

function randomBytes(length: number): Uint8Array {
  if (length > poolBytes / 4) return host.crypto.getRandomValues(new Uint8Array(length))
  if (poolUsed + length > pool.length) {
    pool = host.crypto.getRandomValues(new Uint8Array(poolBytes))
    poolUsed = 0
  }
  poolUsed += length
  return pool.slice(poolUsed - length, poolUsed)
}

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
    bytes: randomBytes,
  },
}
