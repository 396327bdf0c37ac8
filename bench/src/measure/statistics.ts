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

/**
 * The exponent of the power that fits points best: 1 for a cost that grows as the size does, 0 for one that does not
 * grow, by least squares over the logarithms. NaN of fewer than two sizes.
 */
export function power(points: readonly (readonly [size: number, value: number])[]): number {
  const logs = points.map(([size, value]) => [Math.log(size), Math.log(value)] as const)
  const mean = (at: 0 | 1): number => logs.reduce((sum, log) => sum + log[at], 0) / logs.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const across = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return across / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
}
