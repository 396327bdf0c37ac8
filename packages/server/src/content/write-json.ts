import * as Y from 'yjs'
import { ContentError } from './content-refusal.ts'
import { isJsonObject, isSameJson, type JsonValue } from './json-value.ts'
import { plainText, readValue } from './read-json.ts'
import { kindOfRoot, openRoot, type UnknownRoot } from './roots.ts'
import { diffText } from './text-diff.ts'

/** JSON as what Yjs holds: objects and arrays are shared, so that people can work on their parts; the rest is plain. */
export function toShared(value: JsonValue): unknown {
  if (Array.isArray(value)) return arrayOf(value.map(toShared))
  if (isJsonObject(value)) return new Y.Map(Object.entries(value).map(([key, part]) => [key, toShared(part)] as const))
  return value
}

export function arrayOf(items: unknown[]): Y.Array<unknown> {
  const array = new Y.Array<unknown>()
  array.push(items)
  return array
}

/** Makes the root `name` be `value`. Only texts, maps and arrays can be roots, and a root stays what it is. */
export function writeRoot(doc: Y.Doc, name: string, value: JsonValue): void {
  const kind = typeof value === 'string' ? 'text' : Array.isArray(value) ? 'array' : isJsonObject(value) ? 'map' : null
  if (kind === null) {
    throw new ContentError('bad-content', `root ${quoted(name)} can be an object, an array or a string`)
  }
  const root = doc.share.get(name)
  const was = root === undefined ? null : wasRoot(root)
  if (was !== null && !was.includes(kind)) {
    throw new ContentError('bad-content', `root ${quoted(name)} is no ${kind}, and stays what it is`)
  }
  const shared = kind === 'text' ? doc.getText(name) : kind === 'array' ? doc.getArray(name) : doc.getMap(name)
  assign(shared, value)
}

/** What a root is or, as far as can be told, was: clients hold on to it as that. `null` where nothing can be told. */
function wasRoot(root: UnknownRoot): readonly string[] | null {
  if (root instanceof Y.Map) return ['map']
  if (root instanceof Y.Text) return ['text']
  if (root instanceof Y.Array) return ['array']
  const kind = kindOfRoot(root)
  if (kind !== 'empty') return [kind]
  if (root._map.size > 0) return ['map']
  return root._start === null ? null : ['text', 'array']
}

/** Makes the whole document be `value`: an object of its roots. */
export function writeDocument(doc: Y.Doc, value: JsonValue): void {
  if (!isJsonObject(value)) throw new ContentError('bad-content', 'a document is an object of its roots')
  for (const name of doc.share.keys()) if (!Object.hasOwn(value, name)) clearRoot(doc, name)
  for (const [name, root] of Object.entries(value)) writeRoot(doc, name, root)
}

/** Takes everything out of a root: it cannot be taken away itself. */
export function clearRoot(doc: Y.Doc, name: string): void {
  const root = openRoot(doc, name)
  if (root instanceof Y.Map) for (const key of root.keys()) root.delete(key)
  else if (root instanceof Y.Text || root instanceof Y.Array || root instanceof Y.XmlFragment) {
    root.delete(0, root.length)
  }
}

/** Makes a shared type be `value` by changing only what differs; false when it is not of that kind. */
export function assign(shared: unknown, value: JsonValue): boolean {
  if (shared instanceof Y.XmlText || shared instanceof Y.XmlHook) return false
  if (shared instanceof Y.Text && typeof value === 'string') assignText(shared, value)
  else if (shared instanceof Y.Array && Array.isArray(value)) assignArray(shared as Y.Array<unknown>, value)
  else if (shared instanceof Y.Map && isJsonObject(value)) {
    const map = shared as Y.Map<unknown>
    for (const key of map.keys()) if (!Object.hasOwn(value, key)) map.delete(key)
    for (const [key, part] of Object.entries(value)) assignKey(map, key, part)
  } else return false
  return true
}

/** Puts `value` under a key, by changing what is there where that will do. */
export function assignKey(map: Y.Map<unknown>, key: string, value: JsonValue): void {
  const held = map.get(key)
  if (assign(held, value)) return
  if (map.has(key) && isSameJson(readValue(held), value)) return
  map.set(key, toShared(value))
}

/** Puts `value` in the place of the item `at`, by changing it where that will do. */
export function assignItem(array: Y.Array<unknown>, at: number, value: JsonValue): void {
  const held = array.get(at)
  if (assign(held, value)) return
  if (isSameJson(readValue(held), value)) return
  array.delete(at, 1)
  array.insert(at, [toShared(value)])
}

/** What is equal at both ends stays, with whatever people are doing there. */
function assignArray(array: Y.Array<unknown>, next: readonly JsonValue[]): void {
  const held = array.toArray().map(readValue)
  const shorter = Math.min(held.length, next.length)
  const same = (i: number, j: number) => isSameJson(held[i] as JsonValue, next[j] as JsonValue)
  let start = 0
  while (start < shorter && same(start, start)) start++
  let end = 0
  while (end < shorter - start && same(held.length - 1 - end, next.length - 1 - end)) end++
  const middle = next.slice(start, next.length - end)
  if (held.length === next.length) {
    for (const [i, value] of middle.entries()) assignItem(array, start + i, value)
    return
  }
  if (held.length > start + end) array.delete(start, held.length - end - start)
  if (middle.length > 0) array.insert(start, middle.map(toShared))
}

/**
 * Letters that stay keep their marks, and embeds stay where they are: they are no letters. What replaces letters takes the
 * marks of the first of them, what is put between letters those of the one before.
 */
function assignText(text: Y.Text, next: string): void {
  const { embeds, marksOf } = lookAt(text)
  const embedsBefore = (letter: number) => embeds.filter(offset => offset <= letter).length
  for (const { from, to, text: added } of diffText(plainText(text), next).reverse()) {
    const marks = marksOf(to > from || from === 0 ? from : from - 1)
    for (let end = to; end > from; ) {
      const shift = embedsBefore(end - 1)
      let start = end - 1
      while (start > from && embedsBefore(start - 1) === shift) start--
      text.delete(start + shift, end - start)
      end = start
    }
    if (added !== '') text.insert(from === 0 ? 0 : from + embedsBefore(from - 1), added, marks)
  }
}

interface TextLook {
  /** Before which letter each embed stands. */
  readonly embeds: readonly number[]
  readonly marksOf: (letter: number) => object
}

function lookAt(text: Y.Text): TextLook {
  const embeds: number[] = []
  const runs: { readonly end: number; readonly marks: object }[] = []
  let letters = 0
  for (const { insert, attributes } of text.toDelta() as { readonly insert: unknown; readonly attributes?: object }[]) {
    if (typeof insert === 'string') runs.push({ end: (letters += insert.length), marks: attributes ?? {} })
    else embeds.push(letters)
  }
  return { embeds, marksOf: letter => ({ ...runs.find(({ end }) => letter < end)?.marks }) }
}

export function quoted(name: string): string {
  return JSON.stringify(name)
}
