import * as Y from 'yjs'
import type { JsonObject, JsonValue } from './json-value.ts'
import { openRoot } from './roots.ts'

/**
 * A document as JSON: an object of its roots that hold something, by name (roots.ts says what each is). Maps are objects,
 * arrays arrays, texts strings without their formats and embeds. An element of XML is `{name, attributes, children}`, bytes
 * are `{"$bytes": base64}`, a subdocument is `{"$document": guid}`. Names come in order, so equal content is equal text.
 */
export function readDocument(doc: Y.Doc): JsonObject {
  const names = [...doc.share.keys()].sort()
  const roots: Record<string, JsonValue> = {}
  for (const name of names) {
    const root = openRoot(doc, name)
    if (root !== null) roots[name] = readValue(root)
  }
  return roots
}

/** A shared type or a plain value of Yjs, as JSON. */
export function readValue(value: unknown): JsonValue {
  if (value === null || value === undefined) return null
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'bigint':
      return String(value)
    case 'object':
      return readObject(value)
    default:
      return null
  }
}

function readObject(value: object): JsonValue {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (value instanceof Y.Doc) return { $document: value.guid }
  if (value instanceof Y.Text) return plainText(value)
  if (value instanceof Y.XmlHook)
    return { name: value.hookName, attributes: readEntries(value.entries()), children: [] }
  if (value instanceof Y.Map) return readEntries(value.entries())
  if (value instanceof Y.XmlElement) {
    const attributes = readEntries(Object.entries(value.getAttributes()))
    return { name: value.nodeName, attributes, children: value.toArray().map(readValue) }
  }
  if (value instanceof Y.XmlFragment || value instanceof Y.Array) return value.toArray().map(readValue)
  if (Array.isArray(value)) return value.map(readValue)
  return readEntries(Object.entries(value))
}

function readEntries(entries: Iterable<readonly [string, unknown]>): JsonObject {
  const read: Record<string, JsonValue> = {}
  for (const [key, value] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) read[key] = readValue(value)
  return read
}

/** The letters of a text. Yjs gives those of XML with tags for their marks. */
export function plainText(text: Y.Text): string {
  return Y.Text.prototype.toString.call(text)
}
