import type * as Y from 'yjs'
import { mergeUpdates } from '../persistence/merge-updates.ts'

/** Watches a `Y.Doc` for what is done to it here: edits of one turn are handed on as one, in a microtask. */
export class OwnEdits {
  readonly #doc: Y.Doc
  readonly #origin: unknown
  readonly #handOn: (update: Uint8Array) => void
  #waiting: Uint8Array[] = []
  /** Counts whatever changed the document, whoever did it. */
  changes = 0

  constructor(doc: Y.Doc, origin: unknown, handOn: (update: Uint8Array) => void) {
    this.#doc = doc
    this.#origin = origin
    this.#handOn = handOn
    doc.on('update', this.#updated)
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    this.changes++
    if (origin === this.#origin) return
    if (this.#waiting.push(update) === 1) queueMicrotask(() => this.flush())
  }

  flush(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    this.#handOn(mergeUpdates(waiting))
  }

  stop(): void {
    this.#doc.off('update', this.#updated)
    this.flush()
  }
}
