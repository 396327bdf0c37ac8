import { readContent } from '@tutti/core/testing'
import * as Y from 'yjs'

/** A document that took all of it, or `null` when Yjs throws. */
export function loaded(...updates: readonly Uint8Array[]): Y.Doc | null {
  const doc = new Y.Doc()
  try {
    for (const update of updates) Y.applyUpdate(doc, update)
  } catch {
    return null
  }
  return doc
}

export function isPending(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

export function vectorOf(doc: Y.Doc): [number, number][] {
  return [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([a], [b]) => a - b)
}

/** Whether a tick of a client is deleted. */
export function deletedTicks(doc: Y.Doc): (client: number, clock: number) => boolean {
  const deletes = Y.createDeleteSetFromStructStore(doc.store)
  return (client, clock) => Y.isDeleted(deletes, Y.createID(client, clock))
}

/**
 * What people read, without marks: on its own, after a remote edit, Yjs tidies away marks it holds to be superfluous, and
 * which those are depends on how edits were bundled. Only documents loaded in one go are compared with their marks.
 */
export function words(doc: Y.Doc): unknown {
  return plain(readContent(loaded(Y.encodeStateAsUpdate(doc)) as Y.Doc))
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  if ('delta' in value) {
    const parts = (value.delta as { insert: unknown }[]).map(({ insert }) => plain(insert))
    return parts.reduce<unknown[]>((joined, part) => {
      const last = joined[joined.length - 1]
      if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part
      else joined.push(part)
      return joined
    }, [])
  }
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plain(child)]))
}
