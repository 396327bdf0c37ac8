import type * as Y from 'yjs'
import { ContentError } from './content-refusal.ts'
import { parsePointer } from './json-pointer.ts'
import { isJsonObject, isSameJson, type JsonObject, type JsonValue } from './json-value.ts'
import { copyOf, type Given, partsAt, valueAt } from './places.ts'
import { readValue } from './read-json.ts'
import { quoted, writeDocument } from './write-json.ts'

type Path = readonly string[]

type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Path; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: Path }
  | { readonly op: 'move' | 'copy'; readonly path: Path; readonly from: Path }

/** More would keep a worker busy for long; an app has better ways to bring that much. */
export const maxOperations = 10_000

/**
 * A JSON patch (RFC 6902) on a document, changing only what differs: a string in the place of a text changes the letters
 * that differ, an object in the place of a map the keys. What is moved or copied stays shared. Throws `ContentError`, and
 * the document is not to be used any more: a patch is taken as a whole.
 */
export function applyPatch(doc: Y.Doc, patch: JsonValue): void {
  for (const [i, operation] of parsePatch(patch).entries()) {
    try {
      apply(doc, operation)
    } catch (error) {
      if (!(error instanceof ContentError)) throw error
      throw new ContentError(error.code, `operation ${i} (${operation.op}): ${error.message}`)
    }
  }
}

function parsePatch(patch: JsonValue): Operation[] {
  if (!Array.isArray(patch)) throw new ContentError('bad-patch', 'a JSON patch is an array of operations')
  if (patch.length > maxOperations)
    throw new ContentError('bad-patch', `a patch has at most ${maxOperations} operations`)
  return patch.map((operation: JsonValue, i) => {
    if (!isJsonObject(operation)) throw new ContentError('bad-patch', `operation ${i} is not an object`)
    return parseOperation(operation, i)
  })
}

function parseOperation(operation: JsonObject, i: number): Operation {
  const pointer = (name: 'path' | 'from'): Path => {
    const text = operation[name]
    if (typeof text !== 'string') throw new ContentError('bad-patch', `operation ${i} has no "${name}"`)
    return parsePointer(text)
  }
  const path = pointer('path')
  const { op } = operation
  switch (op) {
    case 'add':
    case 'replace':
    case 'test': {
      const { value } = operation
      if (value === undefined) throw new ContentError('bad-patch', `operation ${i} has no "value"`)
      return { op, path, value }
    }
    case 'remove':
      return { op, path }
    case 'move':
    case 'copy':
      return { op, path, from: pointer('from') }
    default:
      throw new ContentError('bad-patch', `operation ${i} is none of add, remove, replace, move, copy, test`)
  }
}

function apply(doc: Y.Doc, operation: Operation): void {
  const { path } = operation
  switch (operation.op) {
    case 'add':
    case 'replace':
      return put(doc, operation.op, path, { kind: 'json', json: operation.value })
    case 'remove':
      return remove(doc, path)
    case 'test':
      if (isSameJson(readValue(valueAt(doc, path)), operation.value)) return
      throw new ContentError('test-failed', 'it has another value')
    case 'copy':
      return put(doc, 'add', path, copyOf(valueAt(doc, operation.from)))
    case 'move': {
      const { from } = operation
      const moved = copyOf(valueAt(doc, from))
      if (isWithin(path, from)) {
        if (path.length === from.length) return
        throw new ContentError('bad-patch', 'nothing is moved into itself')
      }
      remove(doc, from)
      return put(doc, 'add', path, moved)
    }
  }
}

function put(doc: Y.Doc, how: 'add' | 'replace', path: Path, given: Given): void {
  const last = path.at(-1)
  if (last === undefined) return writeDocument(doc, given.json)
  if (forbidden.has(last)) throw new ContentError('bad-content', `nothing is called ${quoted(last)}`)
  partsAt(doc, path.slice(0, -1))[how](last, given)
}

function remove(doc: Y.Doc, path: Path): void {
  const last = path.at(-1)
  if (last === undefined) return writeDocument(doc, {})
  partsAt(doc, path.slice(0, -1)).remove(last)
}

function isWithin(path: Path, of: Path): boolean {
  return of.every((token, i) => path[i] === token)
}

/** Names the gate refuses anyway, told before they reach an object of our own. */
const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
