import { equalityDeep } from 'lib0/function'
import type * as Y from 'yjs'
import type { DocumentDefinition } from './define-document.ts'
import { RefusedWrite } from './refused-write.ts'
import { stampOf } from './stamp.ts'

/** How a document stands to a definition. Only where it is ready typed writes are made. */
export type Standing =
  /** At the version of the definition, or empty. */
  | { readonly kind: 'ready' }
  /** Older: `migrate` brings it here. */
  | { readonly kind: 'needs-migration'; readonly version: number }
  /** Newer: this app has to be updated. */
  | { readonly kind: 'from-the-future'; readonly version: number }
  /** Something else. */
  | { readonly kind: 'other-type'; readonly type: string }

/** How a document stands now. One that holds something, and does not say what, is at version 1. */
export function standingOf(definition: DocumentDefinition, doc: Y.Doc): Standing {
  const { type, version } = stampOf(doc)
  if (type !== null && type !== definition.type) return { kind: 'other-type', type }
  const at = version ?? (doc.store.clients.size === 0 ? definition.version : 1)
  if (at === definition.version) return { kind: 'ready' }
  return { kind: at < definition.version ? 'needs-migration' : 'from-the-future', version: at }
}

/** Calls `listener` whenever the standing changed, until the function it returns is called. */
export function observeStanding(
  definition: DocumentDefinition,
  doc: Y.Doc,
  listener: (standing: Standing) => void,
): () => void {
  let known = standingOf(definition, doc)
  const heard = (): void => {
    const now = standingOf(definition, doc)
    if (equalityDeep(known, now)) return
    known = now
    listener(now)
  }
  doc.on('update', heard)
  return () => doc.off('update', heard)
}

/** Why nothing may be written; the code is the kind of standing. */
export function refusalOf(
  definition: DocumentDefinition,
  standing: Exclude<Standing, { kind: 'ready' }>,
): RefusedWrite {
  const is = standing.kind === 'other-type' ? 'something else' : `at version ${standing.version}`
  return new RefusedWrite(standing.kind, `the document is ${is}; this is ${definition.type} ${definition.version}`)
}
