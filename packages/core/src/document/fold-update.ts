import * as Y from 'yjs'
import { contentDigest } from './content-digest.ts'

/**
 * Integrates a whole document in a `Y.Doc` and writes it again, garbage collected: deleted content goes, its places stay.
 * Where something that is still read hangs on what would be collected, nothing is: whoever loaded the result would lose it.
 * Throws when the update cannot be integrated as a whole. Takes time and memory in proportion to the document: on a
 * server, only in a worker.
 */
export function foldUpdate(bytes: Uint8Array): { bytes: Uint8Array; content: string } {
  const doc = loaded(bytes, true)
  const content = contentDigest(doc)
  const folded = Y.encodeStateAsUpdate(hangsOnCollected(doc) ? loaded(bytes, false) : doc)
  return { bytes: folded, content }
}

function loaded(bytes: Uint8Array, gc: boolean): Y.Doc {
  const doc = new Y.Doc({ gc })
  Y.applyUpdate(doc, bytes)
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
    throw new Error('the update builds on something it does not contain')
  }
  return doc
}

/**
 * Whether an item stands beside a collected one: Yjs collects such an item, and all that was written after it, whenever
 * the document is loaded. No honest client writes that; neighbours share a type and go with it.
 */
function hangsOnCollected(doc: Y.Doc): boolean {
  const { store } = doc
  const isCollected = (id: Y.ID | null) => id !== null && (Y.getItem(store, id) as Y.Item | Y.GC) instanceof Y.GC
  for (const structs of store.clients.values()) {
    for (const struct of structs) {
      if (struct instanceof Y.Item && (isCollected(struct.origin) || isCollected(struct.rightOrigin))) return true
    }
  }
  return false
}
