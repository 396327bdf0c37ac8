// Stands in for `lib0/webcrypto` in what is built for fuzzing.

let state = 1

/** The same numbers follow as did after the last call. */
export function restartChance(): void {
  state = 0x9e3779b9
}

export function getRandomValues<T extends Uint8Array | Uint32Array>(target: T): T {
  for (let i = 0; i < target.length; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) + 0x6d2b79f5
    target[i] = state ^ (state >>> 13)
  }
  return target
}

/** Nothing that is fuzzed uses it. */
export const subtle = null
