import { concatBytes } from '@tutti/core'
import * as Y from 'yjs'
import { clientsAhead, hasGaps } from './document-content.ts'
import { mergeUpdates } from '../persistence/merge-updates.ts'
import type { OutgoingEdit } from './outbox.ts'

/** From so many bytes of edits on it is worth looking for a shorter way to say them. */
const manyBytes = 1024

/** One update that says `edits`, less what the server has already. */
export function lackingBytes(edits: readonly OutgoingEdit[], serverVector: Uint8Array): Uint8Array {
  return Y.diffUpdate(mergeUpdates(edits.map(edit => edit.bytes)), serverVector)
}

/**
 * The document's own account of what the server lacks, where that says all `edits`, nothing else, and shorter (SPEC CLI6):
 * many single keystrokes are longer than the text they made. `null` where it does not.
 */
export function toldBytes(
  doc: Y.Doc,
  edits: readonly OutgoingEdit[],
  serverVector: Uint8Array,
  maxBytes: number,
): Uint8Array | null {
  const bytes = edits.reduce((sum, edit) => sum + edit.bytes.length, 0)
  if (bytes < manyBytes || hasGaps(doc)) return null
  const named = clientsOf(edits)
  if (clientsAhead(doc, serverVector).some(client => !named.has(client))) return null
  const merged = mergeUpdates(edits.map(edit => edit.bytes))
  // Yjs tells of every deletion there ever was: in their place come those that the edits made.
  const vector = Y.encodeStateVector(doc)
  const structs = withoutDeletions(Y.encodeStateAsUpdate(doc, serverVector), Y.encodeStateAsUpdate(doc, vector))
  const told = concatBytes([structs, Y.diffUpdate(merged, vector).subarray(1)])
  return told.length <= maxBytes && told.length < Y.diffUpdate(merged, serverVector).length ? told : null
}

/** `deletions` ends as `update` does, after the one byte that says "no structs". */
function withoutDeletions(update: Uint8Array, deletions: Uint8Array): Uint8Array {
  return update.subarray(0, update.length - deletions.length + 1)
}

/** Whose content is in the edits. */
export function clientsOf(edits: readonly OutgoingEdit[]): Set<number> {
  const clients = new Set<number>()
  for (const { bytes } of edits) for (const client of Y.parseUpdateMeta(bytes).to.keys()) clients.add(client)
  return clients
}
