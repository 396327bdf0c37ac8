import * as Y from 'yjs'
import { ContentError } from './content-refusal.ts'
import { isJsonObject, type JsonValue } from './json-value.ts'
import { openRoot } from './roots.ts'
import { assign, assignKey, clearRoot, writeRoot } from './write-json.ts'

/** A merge patch (RFC 7396) of a document, changing only what differs. Throws `ContentError`. */
export function mergeInto(doc: Y.Doc, patch: JsonValue): void {
  if (!isJsonObject(patch)) throw new ContentError('bad-patch', 'a merge patch of a document is an object of its roots')
  for (const [name, part] of Object.entries(patch)) {
    const root = openRoot(doc, name)
    if (part === null) clearRoot(doc, name)
    else if (root instanceof Y.Map && isJsonObject(part)) mergeMap(root, part)
    else writeRoot(doc, name, withoutNulls(part))
  }
}

function mergeMap(map: Y.Map<unknown>, patch: { readonly [key: string]: JsonValue }): void {
  for (const [key, part] of Object.entries(patch)) {
    const held = map.get(key)
    if (part === null) map.delete(key)
    else if (held instanceof Y.Map && isJsonObject(part)) mergeMap(held as Y.Map<unknown>, part)
    else if (assign(held, withoutNulls(part))) continue
    else if (isPlainObject(held) && isJsonObject(part)) map.set(key, mergePlain(held, part))
    else assignKey(map, key, withoutNulls(part))
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function mergePlain(
  value: Record<string, unknown>,
  patch: { readonly [key: string]: JsonValue },
): Record<string, unknown> {
  const merged = { ...value }
  for (const [key, part] of Object.entries(patch)) {
    const held = merged[key]
    if (part === null) delete merged[key]
    else merged[key] = isPlainObject(held) && isJsonObject(part) ? mergePlain(held, part) : withoutNulls(part)
  }
  return merged
}

/** What an object of a merge patch makes where no object was. */
function withoutNulls(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).filter(([, part]) => part !== null)
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutNulls(part)]))
}
