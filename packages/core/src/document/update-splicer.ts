import { ByteCursor } from '../base/byte-cursor.ts'
import { ClientRun } from './client-run.ts'
import { DeleteSet } from './delete-set.ts'
import { encodeRuns } from './encode-runs.ts'
import { storedLimits } from './limits.ts'
import { emptyStructView, readStruct, structKind } from './struct.ts'

const cursor = new ByteCursor(new Uint8Array(0))
const view = emptyStructView()

/**
 * Makes one Yjs V1 update of many that follow each other, as `spliceUpdates` does, straight from their bytes: nothing is
 * built on the way. For what a store gives back. It checks that updates can be read, not that they fit: a gap between them
 * is written as a Skip, and the gate decides on the whole.
 */
export class UpdateSplicer {
  readonly #runs = new Map<number, ClientRun>()
  /** Flat [client, clock, length, ...], not sorted. */
  readonly #deletes: number[] = []
  /** The run added to last: nearly always that of the next update, too. */
  #last: ClientRun | null = null

  /** Adds the update in `bytes[from..to)`. False when it cannot be read: then the splice is of no use any more. */
  add(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#last !== null && this.#last.appendTyped(bytes, from, to)) return true
    cursor.reset(bytes, from, to)
    for (let sections = cursor.uint(); sections > 0 && cursor.fault === null; sections--) this.#addSection(to)
    for (let clients = cursor.uint(); clients > 0 && cursor.fault === null; clients--) this.#addDeletes()
    if (cursor.at !== to) cursor.fail('bytes after the end')
    return cursor.fault === null
  }

  /** All that was added, as one update. */
  encode(): Uint8Array {
    const deleted = new DeleteSet()
    deleted.addAll(this.#deletes)
    return encodeRuns(this.#runs.values(), run => run.start, deleted.encode())
  }

  #addSection(to: number): void {
    const { bytes } = cursor
    const count = cursor.uint()
    const client = cursor.uint()
    let clock = cursor.uint()
    for (let i = 0; i < count; i++) {
      const from = cursor.at
      readStruct(cursor, view, storedLimits)
      if (cursor.fault !== null) return
      if (view.kind !== structKind.skip)
        this.#runOf(client, clock, to - from).append(bytes, from, cursor.at, clock, view, 0)
      clock += view.length
    }
  }

  #addDeletes(): void {
    const client = cursor.uint()
    for (let count = cursor.uint(); count > 0 && cursor.fault === null; count--) {
      const clock = cursor.uint()
      const length = cursor.uint()
      if (length === 0) cursor.fail('a deletion of no length')
      else this.#addDelete(client, clock, length)
    }
  }

  /** Holding backspace, or delete, makes one range. */
  #addDelete(client: number, clock: number, length: number): void {
    const deletes = this.#deletes
    const last = deletes.length - 3
    const isNear = last >= 0 && deletes[last] === client
    const lastClock = isNear ? (deletes[last + 1] as number) : 0
    const lastLength = isNear ? (deletes[last + 2] as number) : 0
    if (isNear && clock + length === lastClock) {
      deletes[last + 1] = clock
      deletes[last + 2] = lastLength + length
    } else if (isNear && clock === lastClock + lastLength) deletes[last + 2] = lastLength + length
    else deletes.push(client, clock, length)
  }

  #runOf(client: number, clock: number, capacity: number): ClientRun {
    if (this.#last !== null && this.#last.client === client) return this.#last
    let run = this.#runs.get(client)
    if (run === undefined) {
      run = new ClientRun(client, clock, capacity)
      this.#runs.set(client, run)
    }
    this.#last = run
    return run
  }
}
