import type { DocName } from '@tutti/core'
import { type DocumentState, unbornDocument } from './document-table.ts'
import { entryFinding, namelessFinding } from './entry-finding.ts'
import { letters, nameKey, numberKey } from './level-keys.ts'
import type { ByteLevel } from './byte-level.ts'
import { unsealHead, unsealName } from './records.ts'
import type { KnownDamage } from './stored-document.ts'

/** Reads what is needed to write a document. Synchronous, so that appends of one turn keep their order without waiting. */
export function loadDocument(db: ByteLevel, doc: DocName, { troubles, misplaced }: KnownDamage): DocumentState {
  const state = unbornDocument(doc)
  const record = db.getSync(nameKey(doc))
  const named = record === undefined ? null : unsealName(doc, record)
  const docNo = named?.docNo ?? misplaced.get(doc)
  if (docNo === undefined) {
    if (record !== undefined) state.trouble = [namelessFinding(doc)]
    return state
  }
  state.docNo = docNo
  state.trouble = troubles.get(docNo) ?? []
  const headRecord = db.getSync(numberKey(letters.head, docNo))
  const head = headRecord === undefined ? null : unsealHead(docNo, headRecord)
  if (head === null) {
    if (state.trouble.length === 0) state.trouble = [entryFinding(doc, 'damaged-head', 0, 0)]
    return state
  }
  state.epoch = head.epoch
  state.acked = { seq: head.seq, link: head.link, bytes: head.bytes }
  state.given = head.seq
  state.checkpointSeq = head.checkpointSeq
  state.checkpointCount = head.checkpointCount
  state.checkpointLink = head.checkpointLink
  state.tailFrom = head.tailFrom
  state.checkpointBytes = head.checkpointBytes
  return state
}
