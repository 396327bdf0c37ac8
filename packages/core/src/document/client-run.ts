import { varintLength, writeVarint } from '../base/bytes.ts'
import { ByteCursor } from '../base/byte-cursor.ts'
import { storedLimits } from './limits.ts'
import { field, structStride } from './scan.ts'
import { emptyStructView, readStruct, structKind, type StructView } from './struct.ts'
import { trimStruct } from './trim-struct.ts'
import { findTypedText } from './typed-text.ts'

/** Structs between two points of the sparse index: what one lookup may have to step over. */
const indexEvery = 64

/** A typed run is grown up to here, so that cutting into it stays cheap. */
const longestTextBytes = 16 * 1024

const cursor = new ByteCursor(new Uint8Array(0))
const view = emptyStructView()
const scanned = emptyStructView()
const typed = { client: 0, clock: 0, rightClient: 0, rightClock: -1 }

/** Where a struct begins in a run. */
export interface RunPosition {
  /** Clock of the struct. */
  readonly clock: number
  /** Its first byte in the run. */
  readonly at: number
  /** Structs before it. */
  readonly before: number
}

/**
 * The structs of one client from `start` to `clock`, as one stretch of V1 bytes: V1 structs are self-contained, so
 * appending is copying. A keystroke that continues the last typed text is grown into it, as Yjs itself would merge them.
 */
export class ClientRun {
  readonly client: number
  readonly start: number
  /** The clock after the last struct. */
  clock: number
  /** Number of structs. */
  count = 0
  #bytes: Uint8Array
  #used = 0
  /** Flat [clock, at, before] of every `indexEvery`th struct. */
  readonly #index: number[] = []
  /** Flat [from clock, depth] wherever the depth of the containing type changes. */
  readonly #depths: number[] = []
  // The last struct, while it is text that may grow: where its content begins, its text bytes, its right origin.
  #textAt = -1
  #textBytes = 0
  #rightClient = 0
  #rightClock = -1

  constructor(client: number, start: number, capacity: number) {
    this.client = client
    this.start = start
    this.clock = start
    this.#bytes = new Uint8Array(capacity)
  }

  get byteLength(): number {
    return this.#used
  }

  /** Memory held, for budgets. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** Appends struct number `at / structStride` of a scanned update: see `append`. */
  appendScanned(source: Uint8Array, structs: readonly number[], at: number, depth: number): void {
    const info = structs[at + field.info] as number
    scanned.info = info
    scanned.kind = info & 31
    scanned.length = structs[at + field.length] as number
    scanned.originClient = structs[at + field.originClient] as number
    scanned.originClock = structs[at + field.originClock] as number
    scanned.rightClient = structs[at + field.rightClient] as number
    scanned.rightClock = structs[at + field.rightClock] as number
    scanned.contentAt = structs[at + field.contentAt] as number
    const clock = structs[at + field.clock] as number
    this.append(source, structs[at + field.from] as number, structs[at + field.to] as number, clock, scanned, depth)
  }

  /**
   * Appends the struct in `source[from..to)`, which begins at `clock`, without what the run already has of it. `depth` is
   * that of the type it lies in; runs that only carry bytes pass 0.
   */
  append(source: Uint8Array, from: number, to: number, clock: number, struct: StructView, depth: number): void {
    const end = clock + struct.length
    if (end <= this.clock) return
    this.#noteDepth(depth)
    if (clock < this.clock) {
      const rest = trimStruct(source, from, to, this.client, clock, this.clock - clock)
      this.#push(rest, 0, rest.length)
      this.#textAt = -1
    } else if (clock > this.clock) {
      this.#pushSkip(clock - this.clock)
      this.clock = clock
      this.#push(source, from, to)
      this.#textAt = -1
    } else if (!this.#grow(source, to, struct)) {
      const before = this.#used
      this.#push(source, from, to)
      this.#rememberText(source, from, to, struct, before)
    }
    this.clock = end
  }

  /** Takes the update in `source[from..to)` if it is text that is typed on from the last struct, as most updates are. */
  appendTyped(source: Uint8Array, from: number, to: number): boolean {
    if (this.#textAt < 0) return false
    typed.client = this.client
    typed.clock = this.clock
    typed.rightClient = this.#rightClient
    typed.rightClock = this.#rightClock
    const text = findTypedText(source, from, to, typed)
    if (text < 0 || !this.#growBy(source, text, to - 1)) return false
    this.clock += to - 1 - text
    return true
  }

  /** The depth of the type that holds the struct at `clock`. */
  depthAt(clock: number): number {
    const depths = this.#depths
    let low = 0
    let high = depths.length / 2
    while (low < high) {
      const middle = (low + high) >> 1
      if ((depths[middle * 2] as number) <= clock) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : (depths[low * 2 - 1] as number)
  }

  /** The struct that holds `clock`, which must lie in the run. */
  find(clock: number): RunPosition {
    const index = this.#index
    let low = 0
    let high = index.length / 3
    while (low < high) {
      const middle = (low + high) >> 1
      if ((index[middle * 3] as number) <= clock) low = middle + 1
      else high = middle
    }
    const entry = (low - 1) * 3
    let structClock = index[entry] as number
    let at = index[entry + 1] as number
    let before = index[entry + 2] as number
    cursor.reset(this.#bytes, at, this.#used)
    for (;;) {
      readStruct(cursor, view, storedLimits)
      if (structClock + view.length > clock) return { clock: structClock, at, before }
      structClock += view.length
      at = cursor.at
      before++
    }
  }

  /** Everything from `clock` on, as the parts of a section: its number of structs, first clock, and bytes in order. */
  tail(clock: number): { count: number; clock: number; parts: readonly Uint8Array[] } {
    if (clock <= this.start) return { count: this.count, clock: this.start, parts: [this.bytes()] }
    const found = this.find(clock)
    const count = this.count - found.before
    if (found.clock === clock) return { count, clock, parts: [this.#bytes.subarray(found.at, this.#used)] }
    cursor.reset(this.#bytes, found.at, this.#used)
    readStruct(cursor, view, storedLimits)
    const after = cursor.at
    const rest = trimStruct(this.#bytes, found.at, after, this.client, found.clock, clock - found.clock)
    return { count, clock, parts: [rest, this.#bytes.subarray(after, this.#used)] }
  }

  /** The run's bytes, borrowed: valid until the next append. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#used)
  }

  /** Whether the struct is typed text that carries straight on from the last one; if so, it has become part of it. */
  #grow(source: Uint8Array, to: number, struct: StructView): boolean {
    if (this.#textAt < 0 || struct.kind !== structKind.string || (struct.info & (128 | 32)) !== 128) return false
    if (struct.originClock !== this.clock - 1 || struct.originClient !== this.client) return false
    if (struct.rightClock !== this.#rightClock) return false
    if (struct.rightClock >= 0 && struct.rightClient !== this.#rightClient) return false
    let from = struct.contentAt
    while ((source[from] as number) > 127) from++
    return this.#growBy(source, from + 1, to)
  }

  /** Puts `source[from..to)` behind the text of the last struct, unless that would become too long. */
  #growBy(source: Uint8Array, from: number, to: number): boolean {
    const grown = this.#textBytes + to - from
    if (grown > longestTextBytes) return false
    const oldHead = varintLength(this.#textBytes)
    const newHead = varintLength(grown)
    this.#reserve(to - from + newHead - oldHead)
    if (newHead > oldHead) {
      this.#bytes.copyWithin(this.#textAt + newHead, this.#textAt + oldHead, this.#used)
      this.#used += newHead - oldHead
    }
    writeVarint(this.#bytes, this.#textAt, grown)
    this.#copy(source, from, to)
    this.#textBytes = grown
    return true
  }

  #rememberText(source: Uint8Array, from: number, to: number, struct: StructView, before: number): void {
    if (struct.kind !== structKind.string || struct.info & 32) {
      this.#textAt = -1
      return
    }
    let textFrom = struct.contentAt
    while ((source[textFrom] as number) > 127) textFrom++
    textFrom++
    this.#textBytes = to - textFrom
    // A length written longer than it need be would not fit where it stands once it is rewritten.
    const fits = textFrom - struct.contentAt === varintLength(this.#textBytes)
    this.#textAt = fits ? before + struct.contentAt - from : -1
    this.#rightClient = struct.rightClient
    this.#rightClock = struct.rightClock
  }

  #noteDepth(depth: number): void {
    const depths = this.#depths
    if (depths.length === 0 || depths[depths.length - 1] !== depth) depths.push(this.clock, depth)
  }

  #pushSkip(length: number): void {
    const skip = new Uint8Array(1 + varintLength(length))
    skip[0] = structKind.skip
    writeVarint(skip, 1, length)
    this.#push(skip, 0, skip.length)
  }

  #push(source: Uint8Array, from: number, to: number): void {
    if (this.count % indexEvery === 0) this.#index.push(this.clock, this.#used, this.count)
    this.#reserve(to - from)
    this.#copy(source, from, to)
    this.count++
  }

  #copy(source: Uint8Array, from: number, to: number): void {
    const bytes = this.#bytes
    let at = this.#used
    // For the few bytes of a keystroke a loop beats the set-up of a block copy.
    if (to - from < 48) for (let i = from; i < to; i++) bytes[at++] = source[i] as number
    else {
      bytes.set(source.subarray(from, to), at)
      at += to - from
    }
    this.#used = at
  }

  #reserve(more: number): void {
    const needed = this.#used + more
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 64, Math.ceil(this.#bytes.length * 1.5)))
    grown.set(this.#bytes.subarray(0, this.#used))
    this.#bytes = grown
  }
}

/** Bytes of the structs of a section, from its first to its last. */
export function sectionBytes(structs: readonly number[], first: number, count: number): number {
  const from = structs[first * structStride + field.from] as number
  const to = structs[(first + count - 1) * structStride + field.to] as number
  return to - from
}
