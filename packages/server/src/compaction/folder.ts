/** What folding gives: the state as Yjs writes it, garbage collected, and the digest of what people can see. */
export interface Folded {
  readonly bytes: Uint8Array
  /** `contentDigest` of the state, hex. */
  readonly content: string
}

/** Folds a Yjs V1 update through a `Y.Doc`: the only place where one is built on the server, and never on its main thread. */
export interface Folder {
  /** Rejects when the update cannot be folded within its budget of time and memory. */
  fold(bytes: Uint8Array): Promise<Folded>
  close(): Promise<void>
}
