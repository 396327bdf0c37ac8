import { type SeededRandom, seededRandom } from '@tutti/core/testing'
import type { Coverage } from './coverage.ts'
import type { Job } from './job.ts'
import { mutated } from './mutate.ts'
import { shrunk } from './shrink.ts'
import type { FuzzTarget } from './target.ts'
import { type Broken, tried } from './trial.ts'

export interface Found extends Broken {
  readonly input: Uint8Array
}

interface Kept {
  readonly input: Uint8Array
  readonly features: readonly number[]
  picked: number
}

/** Broken promises of one kind are looked for once; after so many kinds a search is over. */
const mostKinds = 20

/**
 * Searches for inputs that break a target: whatever goes where nothing went before is kept and changed further. The same
 * seed and the same beginnings try the same inputs.
 */
export class Search {
  readonly found: Found[] = []
  executions = 0
  readonly #target: FuzzTarget
  readonly #coverage: Coverage
  readonly #random: SeededRandom
  readonly #announce: (input: Uint8Array) => void
  readonly #kept: Kept[] = []
  readonly #shrinkTries: number
  readonly #kinds = new Set<string>()

  /** `announce` is told each input before it is tried, should it never come back. */
  constructor(
    target: FuzzTarget,
    coverage: Coverage,
    job: Pick<Job, 'seed' | 'keeps'>,
    announce: (input: Uint8Array) => void,
  ) {
    this.#target = target
    this.#coverage = coverage
    this.#random = seededRandom(job.seed)
    this.#shrinkTries = job.keeps ? 48 : 0
    this.#announce = announce
  }

  get isOver(): boolean {
    return this.#kinds.size >= mostKinds
  }

  /** Tries an input as it is, and keeps it as it is when it goes where nothing went. */
  async begin(input: Uint8Array): Promise<void> {
    await this.#try(input, 0)
  }

  /** Tries one more. */
  async step(): Promise<void> {
    await this.#try(this.#next(), this.#shrinkTries)
  }

  /** Few inputs that together go everywhere; how often they pass a place counts roughly. */
  fewest(): readonly Uint8Array[] {
    const left = new Map(this.#kept.map(({ input, features }) => [input, new Set(features.map(roughly))]))
    const open = new Set([...left.values()].flatMap(features => [...features]))
    const chosen: Uint8Array[] = []
    while (open.size > 0) {
      let best: Uint8Array = new Uint8Array(0)
      let most = 0
      for (const [input, features] of left) {
        for (const feature of features) if (!open.has(feature)) features.delete(feature)
        if (features.size < most || (features.size === most && input.length >= best.length)) continue
        best = input
        most = features.size
      }
      chosen.push(best)
      for (const feature of left.get(best) ?? []) open.delete(feature)
      left.delete(best)
    }
    return chosen
  }

  async #try(input: Uint8Array, shrinkTries: number): Promise<void> {
    const broken = await this.#run(input)
    if (broken !== null) return await this.#keepFailure(input, broken)
    const fresh = this.#coverage.features()
    if (fresh.length === 0) return
    const goes = async (shorter: Uint8Array) => (await this.#run(shorter)) === null && this.#goes(fresh)
    const small = await shrunk(input, goes, shrinkTries)
    await this.#run(small)
    const features = this.#coverage.features(true)
    // Where an input goes may hang on those before it. That was seen, too: or it would be new for ever, and all be kept.
    this.#coverage.note(fresh)
    this.#coverage.note(features)
    if (fresh.some(feature => features.includes(feature))) this.#kept.push({ input: small, features, picked: 0 })
  }

  #goes(fresh: readonly number[]): boolean {
    const features = new Set(this.#coverage.features())
    return fresh.every(feature => features.has(feature))
  }

  async #run(input: Uint8Array): Promise<Broken | null> {
    this.#announce(input)
    this.executions++
    return await tried(this.#target, input)
  }

  async #keepFailure(input: Uint8Array, broken: Broken): Promise<void> {
    if (this.#kinds.has(broken.kind)) return
    this.#kinds.add(broken.kind)
    const isSame = async (shorter: Uint8Array) => (await this.#run(shorter))?.kind === broken.kind
    const small = await shrunk(input, isSame, broken.kind === 'stall' ? 60 : 3_000)
    this.found.push({ ...((await this.#run(small)) ?? broken), input: small })
  }

  /** A change of what was changed least, mostly. */
  #next(): Uint8Array {
    const random = this.#random
    const kept = this.#kept
    if (kept.length === 0) return random.bytes(random.int(this.#target.maxBytes))
    let chosen = random.pick(kept)
    const other = random.pick(kept)
    if (random.chance(0.7) && other.picked < chosen.picked) chosen = other
    chosen.picked++
    const { words = [], maxBytes } = this.#target
    const changed = mutated(chosen.input, random, { words, other: random.pick(kept).input, maxBytes })
    return changed.slice()
  }
}

/** Once, a few times, or many times. */
function roughly(feature: number): number {
  const bucket = feature & 7
  return (feature >> 3) * 3 + (bucket === 0 ? 0 : bucket < 4 ? 1 : 2)
}
