import { readContent } from '@tutti/core/testing'
import * as Y from 'yjs'
import { sameValue } from './same-value.ts'

/** A document that took all of it. Throws what Yjs throws. */
export function loaded(...updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc({ guid: 'read' })
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** `null` when Yjs throws. */
export function attempted(...updates: readonly Uint8Array[]): Y.Doc | null {
  try {
    return loaded(...updates)
  } catch {
    return null
  }
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
  return plain(readContent(loaded(Y.encodeStateAsUpdate(doc))))
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

/** Whether both read the same with all their marks: for documents that were loaded in one go each. */
export function readAlikeWithMarks(one: Y.Doc, other: Y.Doc): boolean {
  return sameValue(readContent(one), readContent(other)) || contradictsItself(one)
}

/** Whether people read the same in both, as far as Yjs itself is sure what that is. */
export function readAlike(one: Y.Doc, other: Y.Doc): boolean {
  return sameValue(words(one), words(other)) || contradictsItself(one) || contradictsItself(other)
}

/**
 * Whether some item claims to stand behind one and before another that is not to the right of it. No honest client writes
 * that, a gate that keeps no lists cannot see it, and Yjs itself reads it in more ways than one: where it ends up depends on
 * how neighbours happened to be merged.
 */
export function contradictsItself(doc: Y.Doc): boolean {
  const places = new Map<Y.Item, number>()
  for (const structs of doc.store.clients.values()) {
    for (const struct of structs) {
      if (!(struct instanceof Y.Item) || struct.left !== null) continue
      for (let item: Y.Item | null = struct; item !== null; item = item.right) places.set(item, places.size)
    }
  }
  const placeOf = (id: Y.ID): number | undefined => {
    const item = Y.getItem(doc.store, id) as Y.Item | Y.GC
    return item instanceof Y.Item ? places.get(item) : undefined
  }
  for (const item of places.keys()) {
    if (item.origin === null || item.rightOrigin === null) continue
    const left = placeOf(item.origin)
    const right = placeOf(item.rightOrigin)
    if (left === undefined || right === undefined) continue
    const isSame = left === right && item.origin.clock >= item.rightOrigin.clock
    if (left > right || isSame) return true
  }
  return false
}

/**
 * Whether some item claims to stand behind one and before another of different parents. It is like `contradictsItself`: where
 * Yjs puts it depends on what it has tidied away by then, so it takes a document that keeps everything to see it.
 */
export function standsInTwoPlaces(...updates: readonly Uint8Array[]): boolean {
  const doc = new Y.Doc({ gc: false })
  for (const update of updates) Y.applyUpdate(doc, update)
  const placeOf = (id: Y.ID): unknown => {
    const item = Y.getItem(doc.store, id)
    return item instanceof Y.Item ? item.parent : null
  }
  return [...doc.store.clients.values()].flat().some(item => {
    if (!(item instanceof Y.Item) || item.origin === null || item.rightOrigin === null) return false
    return placeOf(item.origin) !== placeOf(item.rightOrigin)
  })
}
