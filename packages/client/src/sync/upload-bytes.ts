import * as Y from 'yjs'
import { clientsAhead, hasGaps } from './document-content.ts'
import { mergeUpdates } from './merge-updates.ts'
import type { OutgoingEdit } from './outbox.ts'

/** From so many edits on it is worth looking for a shorter way to say them. */
const manyEdits = 50

/**
 * One update that says `edits`, less what the server has already (SPEC CLI6). Many single keystrokes are longer than the
 * text they made, so where the document holds nothing else the server lacks, its own account of the difference is
 * sent if that is shorter.
 */
export function uploadBytes(
  doc: Y.Doc,
  edits: readonly OutgoingEdit[],
  isEverything: boolean,
  serverVector: Uint8Array,
): Uint8Array {
  const merged = mergeUpdates(edits.map(edit => edit.bytes))
  const lacking = Y.diffUpdate(merged, serverVector)
  if (!isEverything || edits.length < manyEdits || hasGaps(doc)) return lacking
  const named = Y.parseUpdateMeta(lacking).to
  if (clientsAhead(doc, serverVector).some(client => !named.has(client))) return lacking
  const told = Y.encodeStateAsUpdate(doc, serverVector)
  return told.length < lacking.length ? told : lacking
}
