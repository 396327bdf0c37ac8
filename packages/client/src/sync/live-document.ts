import * as Y from 'yjs'
import { applyAll, emptyLike, hasGaps } from './document-content.ts'
import { OwnEdits } from './own-edits.ts'

/** The `Y.Doc` an app works in. Another one may take its place, since a `Y.Doc` cannot forget. */
export class LiveDocument {
  readonly #origin: unknown
  readonly #edited: (update: Uint8Array) => void
  #doc: Y.Doc
  #own: OwnEdits
  /** It shows what another tab made and could not store: that it is shown does not mean that the device has it. */
  hasBorrowed = false

  /** `edited` hears of everything done to the document that has not this `origin`. */
  constructor(doc: Y.Doc, origin: unknown, edited: (update: Uint8Array) => void) {
    this.#doc = doc
    this.#origin = origin
    this.#edited = edited
    this.#own = new OwnEdits(doc, origin, edited)
  }

  get doc(): Y.Doc {
    return this.#doc
  }

  /** Counts whatever changed the document. */
  get changes(): number {
    return this.#own.changes
  }

  get hasGaps(): boolean {
    return hasGaps(this.#doc)
  }

  get stateVector(): Uint8Array {
    return Y.encodeStateVector(this.#doc)
  }

  get state(): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc)
  }

  /** Hands on what was done in this turn. */
  flush(): void {
    this.#own.flush()
  }

  stop(): void {
    this.#own.stop()
  }

  apply(bytes: Uint8Array): void {
    try {
      Y.applyUpdate(this.#doc, bytes, this.#origin)
    } catch (error) {
      // An observer of the app's: its mistake is shown where it can be seen, and sync goes on.
      rethrowLater(error)
    }
  }

  /** Shows what another tab made and could not store. */
  borrow(bytes: Uint8Array): void {
    this.hasBorrowed = true
    this.apply(bytes)
  }

  applyAll(updates: readonly Uint8Array[]): void {
    applyAll(this.#doc, updates, this.#origin)
  }

  replace(updates: readonly Uint8Array[]): void {
    this.stop()
    this.#doc = emptyLike(this.#doc)
    this.hasBorrowed = false
    this.#own = new OwnEdits(this.#doc, this.#origin, this.#edited)
    this.applyAll(updates)
  }
}

/** Thrown where the host reports it, and nowhere in our way. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
