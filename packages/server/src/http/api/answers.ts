// What is sent over HTTP, for both ends. The schemas that describe it are beside the routes, and are held to these types.

export interface DeletionFacts {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly by: string
}

export interface ListedFacts {
  readonly name: string
  readonly epoch: string
  readonly head: number
  readonly checkpoint: number
  readonly deleted: DeletionFacts | null
}

export interface DocumentPage {
  readonly documents: readonly ListedFacts[]
  /** Where the next page begins; `null` after the last. */
  readonly cursor: string | null
}

export interface DocumentFacts extends ListedFacts {
  /** Of the stored state: the checkpoint and everything after it. */
  readonly bytes: number
  /** How many have it open now. */
  readonly readers: number
  /** Damage; empty for a healthy document. */
  readonly findings: readonly {
    readonly kind: string
    readonly from: number
    readonly to: number
    readonly message: string
  }[]
}

export interface Receipt {
  readonly document: string
  readonly epoch: string
  readonly head: number
  readonly deleted: DeletionFacts
  readonly purged: DeletionFacts
}

export interface Compacted {
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly entriesFolded: number
}

export interface EditResult {
  /** Everything up to this position is on disk, and the edit is among it. */
  readonly seq: number
  /** False where the document was like that already. */
  readonly changed: boolean
}

export interface PresentFacts {
  /** The Yjs client id. */
  readonly client: number
  readonly state: { readonly [key: string]: unknown }
}

export interface PresencePage {
  readonly present: readonly PresentFacts[]
}

export interface ConnectionPage {
  readonly connections: readonly {
    readonly id: string
    readonly dialect: 'native' | 'stock'
    readonly subject: string
    readonly device: string
    readonly documents: readonly string[]
  }[]
}

export interface DrainRequest {
  readonly afterMs?: number | undefined
  readonly jitterMs?: number | undefined
}

export interface Drained {
  readonly connections: number
}

export interface RevocationRequest {
  readonly kind: 'subject' | 'device' | 'token'
  readonly name: string
  readonly before?: number | undefined
}
