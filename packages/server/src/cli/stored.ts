import { type DocName, type OpenedDocument, parseDocName, systemEnv, type UpdateLog } from '@tutti/core'
import type { LevelLog } from '../log/level-log.ts'
import { UsageError } from './exit.ts'

/** Runs on the documents of a folder, and changes nothing there. */
export async function readingStore<T>(folder: string, run: (log: LevelLog) => Promise<T>): Promise<T> {
  const { openLogCopy } = await import('../log/open-copy.ts')
  const copy = await openLogCopy(folder, systemEnv)
  try {
    return await run(copy.log)
  } finally {
    await copy.close()
  }
}

export function documentName(text: string): DocName {
  const name = parseDocName(text)
  if (!name.ok) throw new UsageError(`${JSON.stringify(text)} is no name of a document: ${name.error}`)
  return name.value
}

/** Opens a document that was written. Throws a `UsageError` when there is none of that name. */
export async function openStored(log: UpdateLog, doc: DocName): Promise<OpenedDocument> {
  const opened = await log.open(doc)
  if (opened.epoch !== null || opened.head > 0 || opened.findings.length > 0) return opened
  throw new UsageError(`there is no document ${JSON.stringify(doc)}: tutti documents list shows which there are`)
}
