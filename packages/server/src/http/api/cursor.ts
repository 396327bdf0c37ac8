import { type DocName, parseDocName } from '@tutti/core'
import { ApiError } from './problem.ts'

/** Where the next page begins: behind `doc`. Opaque to clients; the first letter is its version. */
export function cursorAfter(doc: DocName): string {
  return Buffer.from(`1${doc}`).toString('base64url')
}

/** The name a cursor stands behind. Throws `bad-request` for anything a list did not give. */
export function parseCursor(cursor: string): DocName {
  const text = Buffer.from(cursor, 'base64url').toString()
  const doc = parseDocName(text.slice(1))
  if (!text.startsWith('1') || !doc.ok || cursorAfter(doc.value) !== cursor) {
    throw new ApiError('bad-request', 'the cursor is not one that a list gave')
  }
  return doc.value
}
