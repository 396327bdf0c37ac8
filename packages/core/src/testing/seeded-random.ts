import type { Random } from '../base/random.ts'

/** Chance that repeats: the same seed gives the same numbers, everywhere and for ever. */
export interface SeededRandom extends Random {
  readonly seed: number
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number
  /** True with probability `share`. */
  chance(share: number): boolean
  pick<T>(from: readonly T[]): T
}

/** sfc32, a small 128-bit generator, started from one number. */
export function seededRandom(seed: number): SeededRandom {
  let a = 0x9e3779b9
  let b = seed >>> 0
  let c = Math.floor(seed / 2 ** 32) >>> 0
  let d = 1
  const word = () => {
    const sum = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let i = 0; i < 16; i++) word()
  const next = () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53
  const int = (below: number) => Math.floor(next() * below)
  return {
    seed,
    next,
    int,
    chance: share => next() < share,
    pick: <T>(from: readonly T[]) => from[int(from.length)] as T,
    bytes(length) {
      const bytes = new Uint8Array(length)
      for (let i = 0; i < length; i++) bytes[i] = word() & 255
      return bytes
    },
  }
}
