import type { LocalTrouble, OwnEdit } from './local-log.ts'

/** What of some edits is to be stored, and which of them came too early. */
export interface OwnPlan {
  readonly edits: readonly OwnEdit[]
  /** Those that came without an edit before them that could not be stored. */
  readonly early: ReadonlySet<readonly OwnEdit[]>
  /** Counters that are in the transaction once the plan is carried out. */
  readonly taken: ReadonlySet<number>
}

/**
 * What this running log knows of a session's edits of one document, by their counters: which are stored already, and which
 * could not be, so that nothing that builds on them is stored before them (SPEC LOC8).
 */
export class OwnProgress {
  /** Why the last append failed. */
  lastTrouble: LocalTrouble = 'local-unavailable'
  /** The highest counter stored. */
  #through = 0
  /** Below `#through`, and not stored. */
  readonly #missing = new Set<number>()
  /** Those that could not be stored, and have not been since. */
  readonly #owed = new Set<number>()
  /** Those that will never be. */
  readonly #withdrawn = new Set<number>()

  /** `before` is what the transaction holds already. Changes nothing. */
  plan(brought: Iterable<readonly OwnEdit[]>, before: ReadonlySet<number>): OwnPlan {
    const edits: OwnEdit[] = []
    const early = new Set<readonly OwnEdit[]>()
    const taken = new Set(before)
    const owed = [...this.#owed].sort((a, b) => a - b)
    let next = 0
    for (const each of brought) {
      for (const edit of each) {
        const { counter } = edit
        if (taken.has(counter) || this.#withdrawn.has(counter) || this.#isStored(counter)) continue
        while (next < owed.length && taken.has(owed[next] as number)) next++
        if ((owed[next] ?? counter) < counter) {
          early.add(each)
          break
        }
        edits.push(edit)
        taken.add(counter)
      }
    }
    return { edits, early, taken }
  }

  stored(edits: readonly OwnEdit[]): void {
    for (const { counter } of edits) {
      for (let between = this.#through + 1; between < counter; between++) this.#missing.add(between)
      this.#through = Math.max(this.#through, counter)
      this.#missing.delete(counter)
      this.#owed.delete(counter)
    }
  }

  failed(edits: readonly OwnEdit[]): void {
    for (const { counter } of edits) {
      if (!this.#isStored(counter) && !this.#withdrawn.has(counter)) this.#owed.add(counter)
    }
  }

  withdrawn(counters: readonly number[]): void {
    for (const counter of counters) {
      this.#withdrawn.add(counter)
      this.#owed.delete(counter)
    }
  }

  #isStored(counter: number): boolean {
    return counter <= this.#through && !this.#missing.has(counter)
  }
}
