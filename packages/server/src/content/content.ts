import type { Result } from '@tutti/core'
import type { ContentRefusal } from './content-refusal.ts'

/** What folding gives: the state as Yjs writes it, garbage collected, and the digest of what people can see. */
export interface Folded {
  readonly bytes: Uint8Array
  /** `contentDigest` of the state, hex. */
  readonly content: string
}

/** How a patch is written: RFC 6902 or RFC 7396. */
export type PatchKind = 'json-patch' | 'merge-patch'

/** What a patch is put on. */
export interface PatchRequest {
  /** The document, as a Yjs V1 update. */
  readonly state: Uint8Array
  readonly kind: PatchKind
  /** JSON in UTF-8, as it came. */
  readonly patch: Uint8Array
  /** The Yjs client id it is written as. Nobody else writes as it meanwhile. */
  readonly client: number
}

export interface SeedRequest {
  /** An object of roots: JSON in UTF-8, as it came. */
  readonly json: Uint8Array
  readonly client: number
}

/**
 * Everything that needs a `Y.Doc` on the server: never on its main thread, within a budget of time and memory. Each rejects
 * when that is used up (`over-limit`), and `too-many` when too much waits.
 */
export interface Content {
  fold(state: Uint8Array): Promise<Folded>
  /** The JSON text of a document (read-json.ts). */
  read(state: Uint8Array): Promise<string>
  /** The update that makes what a patch says; `null` where it says nothing new. */
  patch(request: PatchRequest): Promise<Result<Uint8Array | null, ContentRefusal>>
  /** The update that makes a document of JSON. */
  seed(request: SeedRequest): Promise<Result<Uint8Array, ContentRefusal>>
  close(): Promise<void>
}
