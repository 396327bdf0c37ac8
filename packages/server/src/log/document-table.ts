import type { DocName, Epoch, Finding } from '@tutti/core'
import type { HeadSealer } from './records.ts'

/** How far a document goes on disk. */
export interface Progress {
  readonly seq: number
  /** Seal of the record that ends with `seq`. */
  readonly link: number
  /** Of all updates from the first to this one. */
  readonly bytes: number
}

export const noProgress: Progress = { seq: 0, link: 0, bytes: 0 }

/** What is remembered of a document that is written. */
export interface DocumentState {
  readonly doc: DocName
  /** 0 until it is born. */
  docNo: number
  epoch: Epoch | null
  /** The last position that was given, in flight or not. */
  given: number
  /** What is on disk. */
  acked: Progress
  checkpointSeq: number
  checkpointCount: number
  checkpointLink: number
  tailFrom: number
  /** `bytes` at the checkpoint. */
  checkpointBytes: number
  /** Seals its head; `null` until it was written for the first time. */
  sealer: HeadSealer | null
  /** Calls that are not settled. */
  inFlight: number
  /** Set in the commit that removes it. */
  removed: boolean
  /** Why it must not be written. */
  trouble: readonly Finding[]
  /** Checkpoints follow one another. */
  turn: Promise<unknown>
}

export function unbornDocument(doc: DocName): DocumentState {
  return {
    doc,
    docNo: 0,
    epoch: null,
    given: 0,
    acked: noProgress,
    checkpointSeq: 0,
    checkpointCount: 0,
    checkpointLink: 0,
    tailFrom: 1,
    checkpointBytes: 0,
    sealer: null,
    inFlight: 0,
    removed: false,
    trouble: [],
    turn: Promise.resolve(),
  }
}

/** Above this, documents with nothing in flight are forgotten; they are read again when they are needed. */
const rememberedDocuments = 20_000

export class DocumentTable {
  readonly #documents = new Map<DocName, DocumentState>()
  readonly #load: (doc: DocName) => DocumentState

  constructor(load: (doc: DocName) => DocumentState) {
    this.#load = load
  }

  get(doc: DocName): DocumentState {
    const known = this.#documents.get(doc)
    if (known !== undefined) return known
    const loaded = this.#load(doc)
    if (this.#documents.size >= rememberedDocuments) this.#forgetSome()
    this.#documents.set(doc, loaded)
    return loaded
  }

  /** The state, if it is remembered. */
  peek(doc: DocName): DocumentState | undefined {
    return this.#documents.get(doc)
  }

  replace(state: DocumentState): void {
    this.#documents.set(state.doc, state)
  }

  /** What was remembered may not be what is on disk. */
  clear(): void {
    this.#documents.clear()
  }

  all(): Iterable<DocumentState> {
    return this.#documents.values()
  }

  #forgetSome() {
    let left = rememberedDocuments / 10
    for (const [doc, state] of this.#documents) {
      if (state.inFlight === 0) this.#documents.delete(doc)
      if (--left === 0) return
    }
  }
}
