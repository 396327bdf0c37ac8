import * as Y from 'yjs'
import { DigestSum } from './digest.ts'

/** `stateDigest` of a `Y.Doc`: equal to a `DocState`'s that holds the same structs and deletions. Walks every struct. */
export function docDigest(doc: Y.Doc): string {
  const sum = new DigestSum()
  for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(doc))) sum.addClock(client, clock)
  for (const [client, items] of Y.createDeleteSetFromStructStore(doc.store).clients) {
    for (const { clock, len } of items) sum.addRange(client, clock, clock + len)
  }
  return sum.hex()
}
