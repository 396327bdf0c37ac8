/** How often something was visited, as far as it matters: once, twice, a few times, many times. */
function bucketOf(visits: number): number {
  if (visits < 4) return visits - 1
  if (visits < 8) return 3
  if (visits < 16) return 4
  if (visits < 32) return 5
  return visits < 128 ? 6 : 7
}

/**
 * What was ever seen of the watched counters. A feature is a branch visited about so often: `branch * 8 + bucket`.
 */
export class Coverage {
  readonly watched: readonly number[]
  readonly #visits: Uint32Array
  readonly #seen: Uint8Array
  #branches = 0

  constructor(visits: Uint32Array, watched: readonly number[]) {
    this.#visits = visits
    this.watched = watched
    this.#seen = new Uint8Array(visits.length)
  }

  /** Branches seen at all. */
  get branches(): number {
    return this.#branches
  }

  isSeen(branch: number): boolean {
    return this.#seen[branch] !== 0
  }

  /** The features of the input just tried that were never seen before; with `all`, all it has. */
  features(all = false): number[] {
    const found: number[] = []
    for (const branch of this.watched) {
      const visits = this.#visits[branch] as number
      if (visits === 0) continue
      const bucket = bucketOf(visits)
      if (all || ((this.#seen[branch] as number) & (1 << bucket)) === 0) found.push(branch * 8 + bucket)
    }
    return found
  }

  note(features: readonly number[]): void {
    for (const feature of features) {
      const branch = feature >> 3
      if (this.#seen[branch] === 0) this.#branches++
      this.#seen[branch] = (this.#seen[branch] as number) | (1 << (feature & 7))
    }
  }
}
