/** The middle value, or the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const high = sorted[middle] ?? Number.NaN
  if (sorted.length % 2 === 1) return high
  return ((sorted[middle - 1] ?? Number.NaN) + high) / 2
}

/** Latencies kept one by one, so that a percentile is a measured value and never an interpolated bucket. */
export class Latencies {
  #values: Float64Array = new Float64Array(1 << 16)
  #count = 0

  /** Adds one latency in milliseconds. */
  add(ms: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#count] = ms
    this.#count += 1
  }

  get count(): number {
    return this.#count
  }

  /** Forgets everything: called at the end of the warm-up. */
  clear(): void {
    this.#count = 0
  }

  /** The latency in milliseconds that `fraction` of all stayed at or below. NaN of nothing. */
  percentile(fraction: number): number {
    const sorted = this.#values.slice(0, this.#count).sort()
    return sorted[Math.min(this.#count - 1, Math.floor(this.#count * fraction))] ?? Number.NaN
  }
}
