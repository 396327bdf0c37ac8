import { checkJson, err, foldUpdate, ok, type Result } from '@tutti/core'
import * as Y from 'yjs'
import type { Folded, PatchRequest, SeedRequest } from './content.ts'
import { ContentError, type ContentRefusal } from './content-refusal.ts'
import { applyPatch } from './json-patch.ts'
import type { JsonValue } from './json-value.ts'
import { mergeInto } from './merge-patch.ts'
import { readDocument } from './read-json.ts'
import { writeDocument } from './write-json.ts'

/** What a worker can be asked, by kind. */
export interface ContentJobs {
  readonly fold: { readonly input: Uint8Array; readonly output: Folded }
  readonly read: { readonly input: Uint8Array; readonly output: string }
  readonly patch: { readonly input: PatchRequest; readonly output: Result<Uint8Array | null, ContentRefusal> }
  readonly seed: { readonly input: SeedRequest; readonly output: Result<Uint8Array, ContentRefusal> }
}

export type ContentJobKind = keyof ContentJobs

/** Does one job. Takes time and memory in proportion to the document: on a server, only in a worker. */
export const contentJobs: {
  readonly [Kind in ContentJobKind]: (input: ContentJobs[Kind]['input']) => ContentJobs[Kind]['output']
} = {
  fold: foldUpdate,
  read: state => JSON.stringify(readDocument(load(state))),
  patch: ({ state, kind, patch, client }) =>
    refusable(() => {
      const value = parse(patch)
      const doc = load(state)
      doc.clientID = client
      return changed(doc, () => (kind === 'json-patch' ? applyPatch(doc, value) : mergeInto(doc, value)))
    }),
  seed: ({ json, client }) =>
    refusable(() => {
      const value = parse(json)
      const doc = new Y.Doc()
      doc.clientID = client
      doc.transact(() => writeDocument(doc, value))
      return Y.encodeStateAsUpdate(doc)
    }),
}

function load(state: Uint8Array): Y.Doc {
  // Collected content would be missing to whoever still refers to it; nothing of this document is kept.
  const doc = new Y.Doc({ gc: false })
  if (state.length > 0) Y.applyUpdate(doc, state)
  return doc
}

/** What `change` made of it, and nothing else; `null` for nothing. */
function changed(doc: Y.Doc, change: () => void): Uint8Array | null {
  let update: Uint8Array | null = null
  doc.on('update', bytes => {
    update = bytes
  })
  doc.transact(change)
  return update
}

/** The gate's own limits, told while the text is text: what nests deeper could not be parsed safely. */
const jsonRules = { maxDepth: 64, maxValues: 500_000, forbidden: ['__proto__', 'constructor', 'prototype'] }

const untext = new TextDecoder('utf-8', { fatal: true })

function parse(bytes: Uint8Array): JsonValue {
  const fault = isText(bytes) ? checkJson(bytes, 0, bytes.length, jsonRules) : 'invalid'
  if (fault === null) return JSON.parse(untext.decode(bytes)) as JsonValue
  if (fault === 'invalid') throw new ContentError('bad-patch', 'the body is not JSON')
  const why = { 'too-deep': 'nests too deeply', 'too-many': 'has too many values', forbidden: 'has a forbidden name' }
  throw new ContentError('bad-content', `the body ${why[fault]}`)
}

function isText(bytes: Uint8Array): boolean {
  try {
    untext.decode(bytes)
    return true
  } catch {
    return false
  }
}

function refusable<T>(run: () => T): Result<T, ContentRefusal> {
  try {
    return ok(run())
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return err({ code: error.code, message: error.message })
  }
}
