import * as Y from 'yjs'
import { contentDigest } from './content-digest.ts'

/**
 * Integrates a whole document in a `Y.Doc` and writes it again, garbage collected: deleted content goes, its places stay.
 * Throws when the update cannot be integrated as a whole. Takes time and memory in proportion to the document: on a
 * server, only in a worker.
 */
export function foldUpdate(bytes: Uint8Array): { bytes: Uint8Array; content: string } {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, bytes)
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
    throw new Error('the update builds on something it does not contain')
  }
  const folded = Y.encodeStateAsUpdate(doc)
  const content = contentDigest(doc)
  doc.destroy()
  return { bytes: folded, content }
}
