import { type Failure, failure } from '../base/error.ts'
import type { AcceptedUpdate, KnownState } from './known-state.ts'
import { storedLimits, type UpdateLimits } from './limits.ts'
import { field, type ScannedUpdate, scanUpdate, type Section, structStride } from './scan.ts'
import { cutUpdate, spliceUpdates } from './splice.ts'
import { parentKind, structKind } from './struct.ts'

export type Verdict =
  | { readonly kind: 'new'; readonly update: AcceptedUpdate }
  /** Nothing in it that is not known already. */
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** Only for `takePart`: `bytes` is the update without what cannot be taken now, for the reason in `failure`. */
  | { readonly kind: 'part'; readonly bytes: Uint8Array; readonly failure: Failure }

export interface GateOptions {
  readonly limits: UpdateLimits
  /** Whether this author may add structs of `client` (leases, SPEC ROOM6). */
  readonly mayExtend: (client: number) => boolean
  /** True while resynchronising: take what can be taken instead of all or nothing (SPEC UPD5). */
  readonly takePart: boolean
}

/**
 * Decides on one scanned update by playing through its integration on clocks alone: structs in the order of their
 * references, as Yjs would, without building anything (SPEC UPD3 to UPD7). Leaves no trace; the caller acts. Time in
 * proportion to the update, whatever refers to what. An accepted update may be other bytes than the scanned one: cleaned
 * of what is known already and in Yjs' own order, so that it means the same to whoever reads it.
 */
export function judge(known: KnownState, scan: ScannedUpdate, options: GateOptions): Verdict {
  if (isKeystroke(known, scan, options)) {
    return { kind: 'new', update: { scan, depths: [keystrokeDepth(known, scan)] } }
  }
  return new Trial(known, scan, options).verdict()
}

/**
 * Nearly everything that arrives: one new struct that continues its author's own clock, beside structs that are known, in
 * a document that has room. Whatever is not as simple as that goes the long way.
 */
function isKeystroke(known: KnownState, scan: ScannedUpdate, options: GateOptions): boolean {
  const { sections, structs } = scan
  if (sections.length !== 1 || structs.length !== structStride || scan.deletes.length > 0) return false
  const client = (sections[0] as Section).client
  const clock = structs[field.clock] as number
  // A first struct may pass a limit on clients, and a new parent or none at all one on depth.
  if (clock === 0 || clock !== known.clock(client) || !options.mayExtend(client)) return false
  const originClock = structs[field.originClock] as number
  const rightClock = structs[field.rightClock] as number
  if (originClock < 0 || ((structs[field.info] as number) & 31) === structKind.gc) return false
  if (isTorn(structs, 0)) return false
  return (
    originClock < known.clock(structs[field.originClient] as number) &&
    (rightClock < 0 || rightClock < known.clock(structs[field.rightClient] as number))
  )
}

/**
 * Whether a struct claims to stand before and behind the same place. Where Yjs puts it then depends on what happens to be
 * merged with its neighbour: replicas with equal state vectors would read differently.
 */
function isTorn(structs: readonly number[], at: number): boolean {
  const originClock = structs[at + field.originClock] as number
  return (
    originClock >= 0 &&
    originClock === structs[at + field.rightClock] &&
    structs[at + field.originClient] === structs[at + field.rightClient]
  )
}

/** It stands beside its origin, which passed the limit. */
function keystrokeDepth(known: KnownState, { structs }: ScannedUpdate): number {
  return known.depthAt(structs[field.originClient] as number, structs[field.originClock] as number)
}

const enough = failure('missing-dependencies', 'it is more than can be taken at once')

/** What became of a section when it was told to go on. Anything else is the section it has to wait for. */
const reachedTarget = -1
const stuck = -2

class Trial {
  readonly #known: KnownState
  readonly #scan: ScannedUpdate
  readonly #options: GateOptions
  readonly #depths: number[]
  /** Per section: the next struct to take, and the clock reached. */
  readonly #next: number[]
  readonly #clocks: number[]
  /** Sections whose next struct can never be taken, whatever else arrives in this update. */
  readonly #isStuck: boolean[]
  readonly #isEntered: boolean[]
  readonly #sectionOf: Map<number, number> | null
  /** With a section to wait for: the clock that one has to pass. */
  #awaitedClock = 0
  #blockedBy: Failure | null = null
  #fatal: Failure | null = null
  #bringsNew = false
  /**
   * Something in it is known already, and Yjs would believe what it says of that, or wait for what that refers to; or its
   * clients do not descend, and merging it with others would lose some of them.
   */
  #isUnclean = false
  #newClients = 0
  #newStructs = 0

  constructor(known: KnownState, scan: ScannedUpdate, options: GateOptions) {
    this.#known = known
    this.#scan = scan
    this.#options = options
    const { sections, structs } = scan
    this.#depths = new Array<number>(structs.length / structStride).fill(0)
    this.#next = sections.map(section => section.first)
    this.#clocks = sections.map(section => known.clock(section.client))
    this.#isStuck = sections.map(() => false)
    this.#isEntered = sections.map(() => false)
    this.#sectionOf = sections.length > 1 ? new Map(sections.map((section, i) => [section.client, i])) : null
  }

  verdict(): Verdict {
    const { sections } = this.#scan
    for (let i = 0; i < sections.length && this.#fatal === null; i++) {
      this.#run(i)
      if (i > 0 && (sections[i] as Section).client > (sections[i - 1] as Section).client) this.#isUnclean = true
    }
    this.#fatal ??= this.#overLimit()
    if (this.#fatal !== null) return { kind: 'refused', failure: this.#fatal }
    this.#checkDeletes()
    if (this.#blockedBy !== null) return this.#partOrRefusal(this.#blockedBy)
    if (!this.#bringsNew) return { kind: 'known' }
    if (this.#isUnclean) return this.#cleaned()
    return { kind: 'new', update: { scan: this.#scan, depths: this.#depths } }
  }

  #overLimit(): Failure | null {
    const { limits } = this.#options
    if (this.#newClients > limits.maxNewClients) {
      return failure('over-limit', `an update brings at most ${limits.maxNewClients} new client ids`)
    }
    if (this.#newClients > 0 && this.#newClients + this.#known.clientCount > limits.maxClients) {
      return failure('over-limit', `a document has at most ${limits.maxClients} client ids`)
    }
    return null
  }

  /**
   * Takes the structs of section `start`, and of others as far as they have to come first. A section is entered only up
   * to the struct that is waited for, so one that is entered twice waits for itself.
   */
  #run(start: number): void {
    if (this.#isStuck[start]) return
    const entered = [start]
    const targets = [Number.POSITIVE_INFINITY]
    this.#isEntered[start] = true
    while (entered.length > 0) {
      const i = entered[entered.length - 1] as number
      const outcome = this.#advance(i, targets[targets.length - 1] as number)
      if (outcome === reachedTarget) {
        this.#isEntered[i] = false
        entered.pop()
        targets.pop()
      } else if (outcome === stuck) {
        for (const waiting of entered) {
          this.#isStuck[waiting] = true
          this.#isEntered[waiting] = false
        }
        return
      } else {
        entered.push(outcome)
        targets.push(this.#awaitedClock)
        this.#isEntered[outcome] = true
      }
    }
  }

  /** Takes structs of a section until its clock is past `target` or it has no more. */
  #advance(i: number, target: number): number {
    const section = this.#scan.sections[i] as Section
    const { structs } = this.#scan
    const end = section.first + section.count
    let next = this.#next[i] as number
    let reached = this.#clocks[i] as number
    let outcome = reachedTarget
    for (; next < end && reached <= target; next++) {
      const at = next * structStride
      const clock = structs[at + field.clock] as number
      const after = clock + (structs[at + field.length] as number)
      if (((structs[at + field.info] as number) & 31) === structKind.skip) continue
      if (clock < reached) this.#isUnclean = true
      if (after <= reached) continue
      outcome = this.#isEnough(reached) ? this.#block(enough) : this.#check(section.client, at, clock, reached)
      if (outcome !== reachedTarget) break
      if (reached === 0) this.#newClients++
      this.#newStructs++
      reached = after
      this.#bringsNew = true
    }
    this.#next[i] = next
    this.#clocks[i] = reached
    return outcome
  }

  /** While resynchronising the limits of an update bound what is taken at once; the rest is asked for again (SPEC UPD11). */
  #isEnough(reached: number): boolean {
    const { limits, takePart } = this.#options
    if (!takePart) return false
    return this.#newStructs >= limits.maxStructs || (reached === 0 && this.#newClients >= limits.maxNewClients)
  }

  /** Whether the struct at `at` may be taken now, and at which depth. */
  #check(client: number, at: number, clock: number, reached: number): number {
    if (clock > reached) return this.#block(missing(`what client ${client} did before`))
    if (!this.#options.mayExtend(client)) {
      return this.#block(failure('identity', 'another connection writes as this client'))
    }
    const { structs } = this.#scan
    // Collected structs stand nowhere: they have no neighbours and no depth.
    if (((structs[at + field.info] as number) & 31) === structKind.gc) return reachedTarget
    const originClock = structs[at + field.originClock] as number
    const rightClock = structs[at + field.rightClock] as number
    const originClient = structs[at + field.originClient] as number
    const rightClient = structs[at + field.rightClient] as number
    const parent = structs[at + field.parent] as number
    const parentClient = structs[at + field.parentClient] as number
    const parentClock = structs[at + field.parentClock] as number
    let outcome = reachedTarget
    if (originClock >= 0) outcome = this.#reach(originClient, originClock, client, clock)
    if (outcome === reachedTarget && rightClock >= 0) outcome = this.#reach(rightClient, rightClock, client, clock)
    if (outcome === reachedTarget && parent === parentKind.item) {
      outcome = this.#reach(parentClient, parentClock, client, clock)
    }
    if (outcome !== reachedTarget) return outcome
    if (isTorn(structs, at)) return this.#refuse('malformed', 'a struct stands before and behind the same place')

    let depth = 1
    if (parent === parentKind.item) depth = this.#depthOf(parentClient, parentClock) + 1
    else if (originClock >= 0) depth = this.#depthOf(originClient, originClock)
    else if (rightClock >= 0) depth = this.#depthOf(rightClient, rightClock)
    if (depth > this.#options.limits.maxTypeDepth) {
      return this.#refuse('over-limit', `shared types nest at most ${this.#options.limits.maxTypeDepth} deep`)
    }
    this.#depths[at / structStride] = depth
    return reachedTarget
  }

  #block(why: Failure): number {
    this.#blockedBy ??= why
    return stuck
  }

  #refuse(code: 'malformed' | 'over-limit', why: string): number {
    this.#fatal ??= failure(code, why)
    return stuck
  }

  /** Whether a reference is to something known by now. */
  #reach(client: number, clock: number, ownClient: number, ownClock: number): number {
    if (client === ownClient) {
      return clock < ownClock
        ? reachedTarget
        : this.#refuse('malformed', 'a struct refers to itself or to what follows it')
    }
    const i = this.#sectionOf?.get(client)
    const reached = i === undefined ? this.#known.clock(client) : (this.#clocks[i] as number)
    if (clock < reached) return reachedTarget
    if (i === undefined) return this.#block(missing(`what client ${client} did`))
    if (this.#isEntered[i]) return this.#refuse('malformed', 'structs refer to each other in a circle')
    const { first, count } = this.#scan.sections[i] as Section
    if (this.#isStuck[i] || this.#next[i] === first + count) return this.#block(missing(`what client ${client} did`))
    this.#awaitedClock = clock
    return i
  }

  #depthOf(client: number, clock: number): number {
    if (clock < this.#known.clock(client)) return this.#known.depthAt(client, clock)
    const section = this.#sectionOf === null ? 0 : (this.#sectionOf.get(client) as number)
    return this.#depths[this.#structAt(section, clock)] as number
  }

  /** Index of the struct of a section that holds `clock`. */
  #structAt(i: number, clock: number): number {
    const { first, count } = this.#scan.sections[i] as Section
    const { structs } = this.#scan
    let low = first
    let high = first + count - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((structs[middle * structStride + field.clock] as number) <= clock) low = middle
      else high = middle - 1
    }
    return low
  }

  #reached(client: number): number {
    if (this.#sectionOf !== null) {
      const section = this.#sectionOf.get(client)
      return section === undefined ? this.#known.clock(client) : (this.#clocks[section] as number)
    }
    const only = this.#scan.sections[0]
    return only !== undefined && only.client === client ? (this.#clocks[0] as number) : this.#known.clock(client)
  }

  #checkDeletes(): void {
    const { deletes } = this.#scan
    for (let i = 0; i < deletes.length; i += 3) {
      const client = deletes[i] as number
      const clock = deletes[i + 1] as number
      const length = deletes[i + 2] as number
      if (clock + length > this.#reached(client)) this.#block(missing('what it deletes'))
      else if (!this.#bringsNew && !this.#known.isDeleted(client, clock, length)) this.#bringsNew = true
    }
  }

  #cleaned(): Verdict {
    const cut = scanUpdate(
      cutUpdate(this.#scan, client => this.#known.clock(client)),
      storedLimits,
    )
    if (!cut.ok) return { kind: 'refused', failure: cut.error }
    return judge(this.#known, cut.value, this.#options)
  }

  #partOrRefusal(why: Failure): Verdict {
    if (!this.#options.takePart) return { kind: 'refused', failure: why }
    const scan = this.#scan
    const deletes: number[] = []
    for (let i = 0; i < scan.deletes.length; i += 3) {
      const client = scan.deletes[i] as number
      const clock = scan.deletes[i + 1] as number
      const length = Math.min(scan.deletes[i + 2] as number, this.#reached(client) - clock)
      if (length > 0) deletes.push(client, clock, length)
    }
    const sections = scan.sections
      .map((section, i) => ({ ...section, count: (this.#next[i] as number) - section.first }))
      .filter(section => section.count > 0)
    return { kind: 'part', bytes: spliceUpdates([{ ...scan, sections, deletes }]), failure: why }
  }
}

function missing(what: string): Failure {
  return failure('missing-dependencies', `the update builds on something unknown here: ${what}`)
}
