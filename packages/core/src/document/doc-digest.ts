import * as Y from 'yjs'
import { stateDigest } from './digest.ts'

/** `stateDigest` of a `Y.Doc`: equal to a `DocState`'s that holds the same structs and deletions. Walks every struct. */
export function docDigest(doc: Y.Doc): string {
  const deletes: [number, number[]][] = []
  for (const [client, items] of Y.createDeleteSetFromStructStore(doc.store).clients) {
    const ranges: number[] = []
    for (const item of items) ranges.push(item.clock, item.clock + item.len)
    deletes.push([client, ranges])
  }
  return stateDigest(Y.decodeStateVector(Y.encodeStateVector(doc)), deletes)
}
