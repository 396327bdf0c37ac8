import { type Failure, failure } from '../base/error.ts'
import type { AcceptedUpdate, KnownState } from './known-state.ts'
import type { UpdateLimits } from './limits.ts'
import { field, type ScannedUpdate, type Section, structStride } from './scan.ts'
import { spliceUpdates } from './splice.ts'
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

const blockedForGood = -1

/**
 * Decides on one scanned update by playing through its integration on clocks alone: structs in the order of their
 * references, as Yjs would, without building anything (SPEC UPD3 to UPD7). Leaves no trace; the caller acts.
 */
export function judge(known: KnownState, scan: ScannedUpdate, options: GateOptions): Verdict {
  return new Trial(known, scan, options).verdict()
}

class Trial {
  readonly #known: KnownState
  readonly #scan: ScannedUpdate
  readonly #options: GateOptions
  readonly #depths: number[]
  /** Per section: structs taken so far, and the clock that results. */
  readonly #taken: number[]
  readonly #clocks: number[]
  readonly #sectionOf: Map<number, number> | null
  /** Sections waiting for another section, by the one they wait for. */
  readonly #waiting: number[][] = []
  readonly #waitsFor: number[]
  #blockedBy: Failure | null = null
  #fatal: Failure | null = null
  #bringsNew = false
  #newClients = 0

  constructor(known: KnownState, scan: ScannedUpdate, options: GateOptions) {
    this.#known = known
    this.#scan = scan
    this.#options = options
    const { sections, structs } = scan
    this.#depths = new Array<number>(structs.length / structStride).fill(0)
    this.#taken = sections.map(section => section.first)
    this.#clocks = sections.map(section => known.clock(section.client))
    this.#waitsFor = sections.map(() => 0)
    this.#sectionOf = sections.length > 1 ? new Map(sections.map((section, i) => [section.client, i])) : null
  }

  verdict(): Verdict {
    const { sections } = this.#scan
    for (let i = 0; i < sections.length && this.#fatal === null; i++) this.#run(i)
    if (this.#fatal !== null) return { kind: 'refused', failure: this.#fatal }
    if (this.#blockedBy === null && sections.some((section, i) => this.#isBehind(section, i))) {
      this.#blockedBy = missing('structs it refers to')
    }
    const limit = this.#overLimit()
    if (limit !== null) return { kind: 'refused', failure: limit }
    this.#checkDeletes()
    if (this.#blockedBy !== null) return this.#partOrRefusal(this.#blockedBy)
    if (!this.#bringsNew) return { kind: 'known' }
    return { kind: 'new', update: { scan: this.#scan, depths: this.#depths } }
  }

  #isBehind(section: Section, i: number): boolean {
    return (this.#taken[i] as number) < section.first + section.count
  }

  #overLimit(): Failure | null {
    const { limits } = this.#options
    if (this.#newClients > limits.maxNewClients) {
      return failure('over-limit', `an update brings at most ${limits.maxNewClients} new client ids`)
    }
    if (this.#newClients + this.#known.clientCount > limits.maxClients) {
      return failure('over-limit', `a document has at most ${limits.maxClients} client ids`)
    }
    return null
  }

  /** Takes structs of section `i`, and of those that waited for them, until each is done or stuck. */
  #run(start: number): void {
    const work = [start]
    while (work.length > 0 && this.#fatal === null) {
      const i = work.pop() as number
      const before = this.#clocks[i] as number
      const waitsFor = this.#advance(i)
      if (waitsFor !== null && waitsFor !== blockedForGood) (this.#waiting[waitsFor] ??= []).push(i)
      if ((this.#clocks[i] as number) > before) this.#wake(i, work)
    }
  }

  #wake(section: number, work: number[]): void {
    const waiting = this.#waiting[section]
    if (waiting === undefined || waiting.length === 0) return
    const clock = this.#clocks[section] as number
    const still: number[] = []
    for (const i of waiting) (clock > (this.#waitsFor[i] as number) ? work : still).push(i)
    this.#waiting[section] = still
  }

  /** Takes what it can of a section. Returns the section it must wait for, `blockedForGood`, or null when it is done. */
  #advance(i: number): number | null {
    const section = this.#scan.sections[i] as Section
    const { structs } = this.#scan
    const end = section.first + section.count
    while ((this.#taken[i] as number) < end) {
      const at = (this.#taken[i] as number) * structStride
      const clock = structs[at + field.clock] as number
      const after = clock + (structs[at + field.length] as number)
      const reached = this.#clocks[i] as number
      const kind = (structs[at + field.info] as number) & 31
      if (after > reached && kind !== structKind.skip) {
        if (clock > reached) return this.#block(missing(`what client ${section.client} did before`))
        if (!this.#options.mayExtend(section.client)) {
          return this.#block(failure('identity', 'another connection writes as this client'))
        }
        const waitsFor = this.#dependency(i, at, section.client, clock)
        if (waitsFor !== null) return waitsFor
        if (this.#fatal !== null) return blockedForGood
        if (reached === 0) this.#newClients++
        this.#clocks[i] = after
        this.#bringsNew = true
      }
      this.#taken[i] = (this.#taken[i] as number) + 1
    }
    return null
  }

  #block(why: Failure): number {
    this.#blockedBy ??= why
    return blockedForGood
  }

  /** Checks what the struct at `at` refers to, and notes its depth. Null when all of it is there. */
  #dependency(i: number, at: number, client: number, clock: number): number | null {
    const { structs } = this.#scan
    const info = structs[at + field.info] as number
    if (isTombstoneWithoutPlace(info)) return null
    const originClock = structs[at + field.originClock] as number
    const rightClock = structs[at + field.rightClock] as number
    const originClient = structs[at + field.originClient] as number
    const rightClient = structs[at + field.rightClient] as number
    let waitsFor: number | null = null
    if (originClock >= 0) waitsFor = this.#reach(i, originClient, originClock, client, clock)
    if (waitsFor === null && rightClock >= 0) waitsFor = this.#reach(i, rightClient, rightClock, client, clock)
    const parent = structs[at + field.parent] as number
    const parentClient = structs[at + field.parentClient] as number
    const parentClock = structs[at + field.parentClock] as number
    if (waitsFor === null && parent === parentKind.item)
      waitsFor = this.#reach(i, parentClient, parentClock, client, clock)
    if (waitsFor !== null || this.#fatal !== null) return waitsFor

    let depth = 1
    if (parent === parentKind.item) depth = this.#depthOf(parentClient, parentClock) + 1
    else if (originClock >= 0) depth = this.#depthOf(originClient, originClock)
    else if (rightClock >= 0) depth = this.#depthOf(rightClient, rightClock)
    if (depth > this.#options.limits.maxTypeDepth) {
      this.#fatal = failure('over-limit', `shared types nest at most ${this.#options.limits.maxTypeDepth} deep`)
    }
    this.#depths[at / structStride] = depth
    return null
  }

  /** Null when the reference is to something known by now; else what has to come first. */
  #reach(i: number, client: number, clock: number, ownClient: number, ownClock: number): number | null {
    if (client === ownClient) {
      if (clock >= ownClock) this.#fatal ??= failure('malformed', 'a struct refers to itself or to what follows it')
      return null
    }
    const section = this.#sectionOf?.get(client)
    if (section === undefined) {
      return clock < this.#known.clock(client) ? null : this.#block(missing(`what client ${client} did`))
    }
    if (clock < (this.#clocks[section] as number)) return null
    this.#waitsFor[i] = clock
    return section
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
      .map((section, i) => ({ ...section, count: (this.#taken[i] as number) - section.first }))
      .filter(section => section.count > 0)
    return { kind: 'part', bytes: spliceUpdates([{ ...scan, sections, deletes }]), failure: why }
  }
}

/** Collected structs stand nowhere: they have no neighbours and no depth. */
function isTombstoneWithoutPlace(info: number): boolean {
  return (info & 31) === structKind.gc
}

function missing(what: string): Failure {
  return failure('missing-dependencies', `the update builds on something unknown here: ${what}`)
}
