import * as Y from 'yjs'
import { isEmptyUpdate } from '../persistence/merge-updates.ts'
import { emptyLike } from './document-content.ts'
import { rethrowLater } from './live-document.ts'

/**
 * Initial content, made in a document of its own, so that it is there once: when the server has taken it (SPEC CLI11).
 * `null` where there is none.
 */
export function seedBytes(doc: Y.Doc, seed: (doc: Y.Doc) => void): Uint8Array | null {
  const scratch = emptyLike(doc)
  try {
    seed(scratch)
    const bytes = Y.encodeStateAsUpdate(scratch)
    return isEmptyUpdate(bytes) ? null : bytes
  } catch (error) {
    rethrowLater(error)
    return null
  } finally {
    scratch.destroy()
  }
}
