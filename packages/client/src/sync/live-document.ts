import * as Y from 'yjs'
import { mergeUpdates } from '../persistence/merge-updates.ts'
import { applyAll, emptyLike, hasGaps } from './document-content.ts'

/**
 * The `Y.Doc` an app works in, watched for what is done to it here: edits of one turn are handed on as one, in a microtask
 * (SPEC CLI5). Another one may take its place, since a `Y.Doc` cannot forget.
 */
export class LiveDocument {
  readonly #origin: unknown
  readonly #edited: (update: Uint8Array) => void
  #doc: Y.Doc
  #waiting: Uint8Array[] = []
  /** Counts whatever changed the document, whoever did it. */
  changes = 0
  /** It shows what another tab made and could not store: that it is shown does not mean that the device has it. */
  hasBorrowed = false

  /** `edited` hears of everything done to the document that has not this `origin`. */
  constructor(doc: Y.Doc, origin: unknown, edited: (update: Uint8Array) => void) {
    this.#doc = doc
    this.#origin = origin
    this.#edited = edited
    doc.on('update', this.#updated)
  }

  get doc(): Y.Doc {
    return this.#doc
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
    if (this.#waiting.length > 0) this.#edited(mergeUpdates(this.#waiting.splice(0)))
  }

  stop(): void {
    this.#doc.off('update', this.#updated)
    this.flush()
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
    this.#doc.on('update', this.#updated)
    this.applyAll(updates)
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    this.changes++
    if (origin !== this.#origin && this.#waiting.push(update) === 1) queueMicrotask(() => this.flush())
  }
}

/** Thrown where the host reports it, and nowhere in our way. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
