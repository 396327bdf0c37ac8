import type { SeededRandom } from '@tutti/core/testing'

/**
 * Chance that is read from an input: whoever draws from it is steered by the search, byte by byte. When nothing is left it
 * always draws the lowest.
 */
export class Choices implements SeededRandom {
  readonly seed = 0
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isSpent(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  int(below: number): number {
    if (below <= 1) return 0
    let value = this.byte()
    for (let reach = 256; reach < below; reach *= 256) value = value * 256 + this.byte()
    return value % below
  }

  next(): number {
    return this.int(2 ** 16) / 2 ** 16
  }

  chance(share: number): boolean {
    return this.byte() < share * 256
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)] as T
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.byte())
  }

  /** So many bytes as they stand, or what is left of them. */
  take(length: number): Uint8Array {
    const piece = this.#bytes.slice(this.#at, this.#at + length)
    this.#at += length
    return piece
  }

  rest(): Uint8Array {
    return this.take(Math.max(0, this.#bytes.length - this.#at))
  }
}
