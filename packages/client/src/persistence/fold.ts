import * as Y from 'yjs'
import { mergeUpdates } from './merge-updates.ts'

/** Up to here a `Y.Doc` is built, which also drops what was deleted; it takes some 30 ms at most. */
const cheapBytes = 256 * 1024

export interface FoldOptions {
  /** Whether deleted content may be dropped. Not where an app looks at the past through local snapshots. */
  readonly gc: boolean
}

/** One update that says the same as `updates`, gaps included. */
export function foldUpdates(updates: readonly Uint8Array[], { gc }: FoldOptions): Uint8Array {
  const bytes = updates.reduce((sum, update) => sum + update.length, 0)
  return gc && bytes <= cheapBytes ? foldByDoc(updates) : mergeUpdates(updates)
}

function foldByDoc(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const state = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return state
}
