import type * as Y from 'yjs'

/** Roots that begin so are ours. */
export const reservedPrefix = 'tutti:'

/** The root map that says what a document is: `type` and `version`. */
export const stampRoot = 'tutti:schema'

/** What a document says of itself; `null` where it says nothing, or nothing that can be meant. */
export interface Stamp {
  readonly type: string | null
  readonly version: number | null
}

/** Reads what a document says of itself, without changing it. */
export function stampOf(doc: Y.Doc): Stamp {
  const map = doc.getMap(stampRoot)
  const type = map.get('type')
  const version = map.get('version')
  const isVersion = typeof version === 'number' && Number.isSafeInteger(version) && version >= 1
  return { type: typeof type === 'string' ? type : null, version: isVersion ? version : null }
}

/** Says what a document is, where it does not say so already. */
export function stampDocument(doc: Y.Doc, type: string, version: number): void {
  const map = doc.getMap(stampRoot)
  if (map.get('type') !== type) map.set('type', type)
  if (map.get('version') !== version) map.set('version', version)
}
