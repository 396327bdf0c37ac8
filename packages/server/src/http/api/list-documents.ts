import type { Identity } from '../../access/authorize.ts'
import type { DocumentPage, ListedFacts } from './answers.ts'
import type { ApiContext } from './api-context.ts'
import { cursorAfter, parseCursor } from './cursor.ts'

export interface ListQuery {
  readonly prefix?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
  readonly deleted: 'no' | 'yes' | 'only'
}

/** Names looked at for one page, whatever of them may be shown: nobody waits for a store to be gone through. */
const maxLooked = 5_000

/** A page of the documents somebody may read. */
export async function listDocuments(
  { house, guard }: ApiContext,
  identity: Identity,
  { prefix = '', limit, cursor, deleted: which }: ListQuery,
): Promise<DocumentPage> {
  // No name has a control character: nothing lies between a name and itself with the lowest of them.
  const after = cursor === undefined ? '' : `${parseCursor(cursor)}\u0000`
  const documents: ListedFacts[] = []
  let looked = 0
  for await (const { doc, epoch, head, checkpointSeq, deleted } of house.log.list(after > prefix ? after : prefix)) {
    if (!doc.startsWith(prefix)) break
    const isShown = which === 'yes' || (deleted === null) === (which === 'no')
    if (isShown && (await guard.may(identity, 'documents.list', doc))) {
      documents.push({ name: doc, epoch, head, checkpoint: checkpointSeq, deleted })
    }
    if (documents.length === limit || ++looked === maxLooked) return { documents, cursor: cursorAfter(doc) }
  }
  return { documents, cursor: null }
}
