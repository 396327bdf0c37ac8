import * as Y from 'yjs'
import { clientsAhead, hasGaps } from './document-content.ts'
import { mergeUpdates } from './merge-updates.ts'
import type { OutgoingEdit } from './outbox.ts'

/** From so many edits on it is worth looking for a shorter way to say them. */
const manyEdits = 50

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
  if (edits.length < manyEdits || hasGaps(doc)) return null
  const named = clientsOf(edits)
  if (clientsAhead(doc, serverVector).some(client => !named.has(client))) return null
  const told = Y.encodeStateAsUpdate(doc, serverVector)
  if (told.length > maxBytes) return null
  const sum = edits.reduce((bytes, edit) => bytes + edit.bytes.length, 0)
  return told.length < sum / 2 || told.length < lackingBytes(edits, serverVector).length ? told : null
}

/** Whose content is in the edits. */
export function clientsOf(edits: readonly OutgoingEdit[]): Set<number> {
  const clients = new Set<number>()
  for (const { bytes } of edits) for (const client of Y.parseUpdateMeta(bytes).to.keys()) clients.add(client)
  return clients
}
