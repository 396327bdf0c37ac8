import { type Deletion, type DocName, type Epoch, type Millis, type Seq, TuttiError } from '@tutti/core'
import type { House } from './house.ts'

/** What is left of a document that was removed for good: to be kept by whoever must show that it was. */
export interface PurgeReceipt {
  readonly document: DocName
  readonly epoch: Epoch
  /** How many entries it had. */
  readonly head: Seq
  readonly deleted: Deletion
  readonly purged: Deletion
}

/** Marks a document as deleted and ends it for everybody. False where there is none; deleting it again changes nothing. */
export async function deleteDocument(house: House, doc: DocName, by: string, at: Millis): Promise<boolean> {
  const { epoch, deleted } = await house.log.open(doc)
  if (epoch === null) return false
  if (deleted === null) await storing(house, () => house.log.mark(doc, { at, by }))
  await house.end(doc)
  return true
}

/** Lifts the mark. False where there is no document. */
export async function undeleteDocument(house: House, doc: DocName): Promise<boolean> {
  const { epoch, deleted } = await house.log.open(doc)
  if (epoch !== null && deleted !== null) await storing(house, () => house.log.mark(doc, null))
  return epoch !== null
}

/** Removes a deleted document for good. `null` where there is none, or it is not deleted. */
export async function purgeDocument(house: House, doc: DocName, by: string, at: Millis): Promise<PurgeReceipt | null> {
  const { epoch, head, deleted } = await house.log.open(doc)
  if (epoch === null || deleted === null) return null
  await house.end(doc)
  await storing(house, () => house.log.remove(doc))
  return { document: doc, epoch, head, deleted, purged: { at, by } }
}

/** A store that refuses one write refuses all of them: everybody is told, and it is tried again until it is well. */
async function storing(house: House, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (error instanceof TuttiError && error.code === 'store-unavailable') house.health.refused(error.message)
    throw error
  }
}
