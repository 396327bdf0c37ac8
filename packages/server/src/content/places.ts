import * as Y from 'yjs'
import { ContentError } from './content-refusal.ts'
import { parseIndex } from './json-pointer.ts'
import type { JsonValue } from './json-value.ts'
import { readDocument, readValue } from './read-json.ts'
import { isXml, openRoot } from './roots.ts'
import { arrayOf, assignItem, assignKey, clearRoot, quoted, toShared, writeRoot } from './write-json.ts'

/** What a patch says shall be somewhere: JSON, or a copy of something shared. */
export type Given =
  | { readonly kind: 'json'; readonly json: JsonValue }
  | { readonly kind: 'shared'; readonly shared: unknown; readonly json: JsonValue }

/** Something with parts a pointer can name: the document, a map, an array, or a plain value. Throws `ContentError`. */
export interface Parts {
  /** What is there, as Yjs has it. */
  get(token: string): unknown
  /** RFC 6902 `add`: between the items of an array, over what a key has. */
  add(token: string, given: Given): void
  replace(token: string, given: Given): void
  remove(token: string): void
}

/** The parts in which the last name of a path is looked up. */
export function partsAt(doc: Y.Doc, path: readonly string[]): Parts {
  let parts: Parts = new RootParts(doc)
  for (const token of path) parts = partsOf(parts.get(token), parts, token)
  return parts
}

/** What is at a path, as Yjs has it; the document as JSON at the empty one. */
export function valueAt(doc: Y.Doc, path: readonly string[]): unknown {
  const last = path.at(-1)
  return last === undefined ? readDocument(doc) : partsAt(doc, path.slice(0, -1)).get(last)
}

function partsOf(value: unknown, holder: Parts, token: string): Parts {
  if (isXml(value)) throw new ContentError('bad-content', `${quoted(token)} is XML, of which no parts are patched`)
  if (value instanceof Y.Map) return new MapParts(value as Y.Map<unknown>)
  if (value instanceof Y.Array) return new ArrayParts(value as Y.Array<unknown>)
  const isPlain = typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
  if (isPlain && !(value instanceof Y.AbstractType) && !(value instanceof Y.Doc)) {
    return new PlainParts(value as PlainValue, changed =>
      holder.replace(token, { kind: 'shared', shared: changed, json: null }),
    )
  }
  throw new ContentError('no-such-place', `${quoted(token)} has no parts`)
}

function nothingAt(token: string): ContentError {
  return new ContentError('no-such-place', `there is no ${quoted(token)}`)
}

class RootParts implements Parts {
  readonly #doc: Y.Doc

  constructor(doc: Y.Doc) {
    this.#doc = doc
  }

  get(token: string): unknown {
    const root = openRoot(this.#doc, token)
    if (root === null) throw nothingAt(token)
    return root
  }

  add(token: string, { json }: Given): void {
    writeRoot(this.#doc, token, json)
  }

  replace(token: string, given: Given): void {
    this.get(token)
    this.add(token, given)
  }

  remove(token: string): void {
    this.get(token)
    clearRoot(this.#doc, token)
  }
}

class MapParts implements Parts {
  readonly #map: Y.Map<unknown>

  constructor(map: Y.Map<unknown>) {
    this.#map = map
  }

  get(token: string): unknown {
    if (!this.#map.has(token)) throw nothingAt(token)
    return this.#map.get(token)
  }

  add(token: string, given: Given): void {
    if (given.kind === 'shared') this.#map.set(token, given.shared)
    else assignKey(this.#map, token, given.json)
  }

  replace(token: string, given: Given): void {
    this.get(token)
    this.add(token, given)
  }

  remove(token: string): void {
    this.get(token)
    this.#map.delete(token)
  }
}

class ArrayParts implements Parts {
  readonly #array: Y.Array<unknown>

  constructor(array: Y.Array<unknown>) {
    this.#array = array
  }

  get(token: string): unknown {
    return this.#array.get(parseIndex(token, this.#array.length, false))
  }

  add(token: string, given: Given): void {
    const at = parseIndex(token, this.#array.length, true)
    this.#array.insert(at, [given.kind === 'shared' ? given.shared : toShared(given.json)])
  }

  replace(token: string, given: Given): void {
    const at = parseIndex(token, this.#array.length, false)
    if (given.kind === 'json') return assignItem(this.#array, at, given.json)
    this.#array.delete(at, 1)
    this.#array.insert(at, [given.shared])
  }

  remove(token: string): void {
    this.#array.delete(parseIndex(token, this.#array.length, false), 1)
  }
}

type PlainValue = unknown[] | Record<string, unknown>

/** A value an app stored as one: to change a part of it all of it is written anew. */
class PlainParts implements Parts {
  readonly #value: PlainValue
  readonly #put: (changed: PlainValue) => void

  constructor(value: PlainValue, put: (changed: PlainValue) => void) {
    this.#value = value
    this.#put = put
  }

  get(token: string): unknown {
    const value = this.#value
    if (Array.isArray(value)) return value[parseIndex(token, value.length, false)]
    if (!Object.hasOwn(value, token)) throw nothingAt(token)
    return value[token]
  }

  add(token: string, given: Given): void {
    const part = plainOf(given)
    const value = this.#value
    if (Array.isArray(value)) this.#put(value.toSpliced(parseIndex(token, value.length, true), 0, part))
    else this.#put({ ...value, [token]: part })
  }

  replace(token: string, given: Given): void {
    this.get(token)
    const value = this.#value
    if (Array.isArray(value)) this.#put(value.with(Number(token), plainOf(given)))
    else this.#put({ ...value, [token]: plainOf(given) })
  }

  remove(token: string): void {
    this.get(token)
    const value = this.#value
    if (Array.isArray(value)) return this.#put(value.toSpliced(Number(token), 1))
    const { [token]: _, ...rest } = value
    this.#put(rest)
  }
}

function plainOf(given: Given): unknown {
  return given.kind === 'json' || given.shared instanceof Y.AbstractType ? given.json : given.shared
}

/** A copy of what is somewhere, to be put elsewhere: shared where it was shared. */
export function copyOf(value: unknown): Given {
  const json = readValue(value)
  return value instanceof Y.AbstractType || typeof value === 'object'
    ? { kind: 'shared', shared: copied(value), json }
    : { kind: 'json', json }
}

function copied(value: unknown): unknown {
  if (value instanceof Y.Doc) throw new ContentError('bad-content', 'a subdocument is neither moved nor copied')
  if (isXml(value)) throw new ContentError('bad-content', 'XML is neither moved nor copied')
  if (value instanceof Y.Map) {
    return new Y.Map([...value.entries()].map(([key, part]) => [key, copied(part)] as const))
  }
  if (value instanceof Y.Array) return arrayOf(value.toArray().map(copied))
  if (!(value instanceof Y.Text)) return value
  const text = new Y.Text()
  const delta = value.toDelta() as { readonly insert: unknown }[]
  if (delta.some(({ insert }) => insert instanceof Y.AbstractType || insert instanceof Y.Doc)) {
    throw new ContentError('bad-content', 'a text that holds shared things is neither moved nor copied')
  }
  text.applyDelta(delta)
  return text
}
