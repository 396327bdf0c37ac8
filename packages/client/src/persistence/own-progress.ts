import type { OwnEdit } from './local-log.ts'

/**
 * What this running log knows of a session's edits of one document, by their counters: which are stored already, and which
 * could not be, so that nothing that builds on them is stored before them (SPEC LOC8).
 */
export class OwnProgress {
  /** The highest counter stored. */
  #through = 0
  /** Below `#through`, and not stored. */
  readonly #missing = new Set<number>()
  /** Those that could not be stored, and have not been since. */
  readonly #owed = new Set<number>()
  /** Those that will never be. */
  readonly #withdrawn = new Set<number>()

  /**
   * What of `brought` is to be stored, in order; `null` where an edit is missing that could not be stored and comes before.
   * `before` is what the transaction holds already. Changes nothing.
   */
  plan(brought: Iterable<OwnEdit>, before: ReadonlySet<number>): readonly OwnEdit[] | null {
    const isNews = ({ counter }: OwnEdit) => !before.has(counter) && this.#isWanted(counter)
    const news = [...brought].filter(isNews).sort((a, b) => a.counter - b.counter)
    const counters = new Set(news.map(edit => edit.counter))
    const last = news.at(-1)?.counter ?? 0
    for (const owed of this.#owed) if (owed < last && !counters.has(owed) && !before.has(owed)) return null
    return news
  }

  stored(edits: readonly OwnEdit[]): void {
    for (const { counter } of edits) {
      for (let between = this.#through + 1; between < counter; between++) this.#missing.add(between)
      this.#through = Math.max(this.#through, counter)
      this.#missing.delete(counter)
      this.#owed.delete(counter)
    }
  }

  failed(edits: Iterable<OwnEdit>): void {
    for (const { counter } of edits) if (this.#isWanted(counter)) this.#owed.add(counter)
  }

  withdrawn(counter: number): void {
    this.#withdrawn.add(counter)
    this.#owed.delete(counter)
  }

  /** It was to be withdrawn, and could not be: it may be brought again. */
  kept(counter: number): void {
    this.#withdrawn.delete(counter)
  }

  #isWanted(counter: number): boolean {
    return !this.#withdrawn.has(counter) && (counter > this.#through || this.#missing.has(counter))
  }
}
