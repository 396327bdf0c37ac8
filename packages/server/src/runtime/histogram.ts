/** Counts values by how large they are. Adding one is a short search and three additions. */
export class Histogram {
  /** Upper bounds, growing; what is larger than the last one is counted in `count` only. */
  readonly bounds: readonly number[]
  /** How many were at most as large as the bound, and larger than the one before. */
  readonly counts: readonly number[]
  readonly #counts: number[]
  #sum = 0
  #count = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#counts = bounds.map(() => 0)
    this.counts = this.#counts
  }

  get sum(): number {
    return this.#sum
  }

  get count(): number {
    return this.#count
  }

  add(value: number): void {
    let at = 0
    while (at < this.bounds.length && value > (this.bounds[at] as number)) at++
    if (at < this.bounds.length) this.#counts[at] = (this.#counts[at] as number) + 1
    this.#sum += value
    this.#count++
  }
}
