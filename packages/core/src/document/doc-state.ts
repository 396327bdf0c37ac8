import { ClientRun, sectionBytes } from './client-run.ts'
import { DeleteSet } from './delete-set.ts'
import type { DigestSum } from './digest.ts'
import { encodeRuns } from './encode-runs.ts'
import type { AcceptedUpdate } from './known-state.ts'
import { field, isTombstone, structStride } from './scan.ts'
import { emptyStateVector, encodeStateVector, type StateVector } from './state-vector.ts'

/** Nothing, as Yjs writes it: what there is to say of every document before its first edit. */
const emptyUpdate = Uint8Array.of(0, 0)

/**
 * The state of a document without a `Y.Doc`: per client one run of struct bytes, and what is deleted. Everything a relay
 * has to answer is a search and a copy (SPEC DOC1 to DOC4). Holds what the gate accepted, in the order it was accepted.
 */
export class DocState {
  readonly #runs = new Map<number, ClientRun>()
  readonly deleted: DeleteSet = new DeleteSet()
  #digest: string | null = null
  #whole: WeakRef<Uint8Array> | null = null

  /** The clock after the last struct of `client`; 0 for one never seen. */
  clock(client: number): number {
    return this.#runs.get(client)?.clock ?? 0
  }

  /** Depth of the type that holds the struct at `clock`: 1 in a root type. */
  depthAt(client: number, clock: number): number {
    return this.#runs.get(client)?.depthAt(clock) ?? 0
  }

  get clientCount(): number {
    return this.#runs.size
  }

  get isEmpty(): boolean {
    return this.#runs.size === 0 && this.deleted.isEmpty
  }

  /** Bytes held, about: for budgets and reports. */
  get byteLength(): number {
    let bytes = 0
    for (const run of this.#runs.values()) bytes += run.capacity
    return bytes
  }

  add(update: AcceptedUpdate): void {
    const { bytes, sections, structs, deletes } = update.scan
    for (const section of sections) {
      let run = this.#runs.get(section.client)
      if (run === undefined) {
        run = new ClientRun(section.client, 0, sectionBytes(structs, section.first, section.count))
        this.#runs.set(section.client, run)
      }
      for (let i = section.first; i < section.first + section.count; i++) {
        const at = i * structStride
        run.appendScanned(bytes, structs, at, update.depths[i] as number)
        if (isTombstone(structs, at)) {
          this.deleted.add(section.client, structs[at + field.clock] as number, structs[at + field.length] as number)
        }
      }
    }
    this.deleted.addAll(deletes)
    this.#digest = null
    this.#whole = null
  }

  /**
   * A Yjs V1 update with every struct that `known` lacks, cut exactly, and the whole delete set. Those who know nothing
   * share one copy for as long as somebody holds it: read only.
   */
  diff(known: StateVector = emptyStateVector): Uint8Array {
    if (this.isEmpty) return emptyUpdate
    if (known.size > 0) return this.#encode(known)
    const kept = this.#whole?.deref()
    if (kept !== undefined) return kept
    const whole = this.#encode(known)
    this.#whole = new WeakRef(whole)
    return whole
  }

  #encode(known: StateVector): Uint8Array {
    return encodeRuns(this.#runs.values(), run => known.get(run.client) ?? 0, this.deleted.encode())
  }

  stateVector(): Map<number, number> {
    const vector = new Map<number, number>()
    for (const run of this.#runs.values()) vector.set(run.client, run.clock)
    return vector
  }

  encodeStateVector(): Uint8Array {
    return encodeStateVector(this.stateVector())
  }

  /** `stateDigest` of this state. Takes time in proportion to its clients, whatever was deleted. */
  digest(): string {
    this.#digest ??= this.#sumUp().hex()
    return this.#digest
  }

  #sumUp(): DigestSum {
    const sum = this.deleted.digestSum()
    for (const run of this.#runs.values()) sum.addClock(run.client, run.clock)
    return sum
  }
}
