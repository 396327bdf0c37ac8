import type { ByteCursor } from '../base/byte-cursor.ts'
import { skipInt, skipString } from '../base/byte-skips.ts'
import { checkJson, type JsonRules } from '../base/json-check.ts'
import { forbiddenNames, type UpdateLimits } from './limits.ts'

// The layout of one struct of a Yjs V1 update. Facts of the format:
//   info byte: low 5 bits say what it is; 128 = has left origin, 64 = has right origin, 32 = has a map key.
//   0 GC (length) · 10 Skip (length) · otherwise an item: [origin] [right origin] [parent, key when neither] content.

/** What a struct is: Yjs' content references, with GC and Skip among them. */
export const structKind = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  doc: 9,
  skip: 10,
} as const

/** Where a struct hangs. `none`: it takes its parent from its neighbours. */
export const parentKind = { none: 0, root: 1, item: 2 } as const

/**
 * The struct last read. One object is reused for every struct of every scan: copying out what is kept is cheaper than an
 * object each. `clock` positions are not part of the bytes; the caller counts them.
 */
export interface StructView {
  info: number
  kind: number
  length: number
  originClient: number
  originClock: number
  rightClient: number
  rightClock: number
  parent: number
  parentClient: number
  parentClock: number
  /** Where the content starts in the bytes (after info, origins, parent and key). */
  contentAt: number
}

export function emptyStructView(): StructView {
  return {
    info: 0,
    kind: 0,
    length: 0,
    originClient: 0,
    originClock: -1,
    rightClient: 0,
    rightClock: -1,
    parent: 0,
    parentClient: 0,
    parentClock: -1,
    contentAt: 0,
  }
}

const maxClientId = 2 ** 32

/** Reads the struct at the cursor into `view` and steps over it. Faults stay in the cursor. */
export function readStruct(cursor: ByteCursor, view: StructView, limits: UpdateLimits): void {
  const info = cursor.byte()
  const kind = info & 31
  view.info = info
  view.kind = kind
  view.originClock = -1
  view.rightClock = -1
  view.parent = parentKind.none
  if (kind === structKind.gc || kind === structKind.skip) {
    view.contentAt = cursor.at
    view.length = cursor.uint()
  } else {
    if (info & 128) {
      view.originClient = cursor.uint()
      view.originClock = cursor.uint()
      if (view.originClient >= maxClientId) cursor.fail('a client id is too large')
    }
    if (info & 64) {
      view.rightClient = cursor.uint()
      view.rightClock = cursor.uint()
      if (view.rightClient >= maxClientId) cursor.fail('a client id is too large')
    }
    if ((info & 192) === 0) {
      if (cursor.uint() === 1) {
        view.parent = parentKind.root
        skipName(cursor, limits)
      } else {
        view.parent = parentKind.item
        view.parentClient = cursor.uint()
        view.parentClock = cursor.uint()
        if (view.parentClient >= maxClientId) cursor.fail('a client id is too large')
      }
      if (info & 32) skipName(cursor, limits)
    }
    view.contentAt = cursor.at
    view.length = readContent(cursor, kind, limits)
  }
  if (view.length === 0) cursor.fail('a struct of no length')
}

/** Steps over the content of an item and returns its length in clock ticks. */
function readContent(cursor: ByteCursor, kind: number, limits: UpdateLimits): number {
  switch (kind) {
    case structKind.string:
      return skipString(cursor)
    case structKind.deleted:
      return cursor.uint()
    case structKind.any: {
      const count = cursor.uint()
      for (let i = 0; i < count && cursor.fault === null; i++) skipAny(cursor, limits, 0)
      return count
    }
    case structKind.type: {
      const type = cursor.uint()
      if (type > 6) cursor.fail('an unknown shared type')
      if (type === 3 || type === 5) skipName(cursor, limits)
      return 1
    }
    case structKind.format:
      skipName(cursor, limits)
      skipJson(cursor, limits)
      return 1
    case structKind.json: {
      const count = cursor.uint()
      for (let i = 0; i < count && cursor.fault === null; i++) skipJson(cursor, limits, true)
      return count
    }
    case structKind.embed:
      skipJson(cursor, limits)
      return 1
    case structKind.binary:
      cursor.skip(cursor.uint())
      return 1
    case structKind.doc: {
      skipString(cursor)
      skipOptions(cursor, limits)
      return 1
    }
    default:
      cursor.fail('an unknown kind of content')
      return 0
  }
}

/**
 * The options of a subdocument. Yjs spreads them without looking: anything but an object would throw on every load, and a
 * `guid` among them takes the place of the real one, up to where the document can no longer be written.
 */
function skipOptions(cursor: ByteCursor, limits: UpdateLimits): void {
  if (cursor.byte() !== 118) return cursor.fail('the options of a subdocument are not an object')
  const count = cursor.uint()
  for (let i = 0; i < count && cursor.fault === null; i++) {
    const from = cursor.at + 1
    skipName(cursor, limits)
    if (isName(cursor.bytes, from, cursor.at, 'guid')) cursor.fail('the options of a subdocument name it anew')
    skipAny(cursor, limits, 1)
  }
}

function isForbidden(bytes: Uint8Array, from: number, to: number): boolean {
  return forbiddenNames.some(name => isName(bytes, from, to, name))
}

function isName(bytes: Uint8Array, from: number, to: number, name: string): boolean {
  if (name.length !== to - from) return false
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name.charCodeAt(i)) return false
  return true
}

function skipName(cursor: ByteCursor, limits: UpdateLimits): void {
  const before = cursor.at
  skipString(cursor)
  if (cursor.fault !== null) return
  let from = before
  while ((cursor.bytes[from] as number) > 127) from++
  from++
  if (cursor.at - from > limits.maxNameBytes) cursor.exceed('a name is too long')
  else if (isForbidden(cursor.bytes, from, cursor.at)) cursor.exceed('a forbidden name')
}

/** Steps over one lib0 "any" value that lies in `depth` arrays and objects. */
function skipAny(cursor: ByteCursor, limits: UpdateLimits, depth: number): void {
  switch (cursor.byte()) {
    case 127:
    case 126:
    case 121:
    case 120:
      return
    case 125:
      skipInt(cursor)
      return
    case 124:
      cursor.skip(4)
      return
    case 123:
    case 122:
      cursor.skip(8)
      return
    case 119:
      skipString(cursor)
      return
    case 118: {
      if (depth >= limits.maxValueDepth) return cursor.exceed('a value is nested too deeply')
      const count = cursor.uint()
      for (let i = 0; i < count && cursor.fault === null; i++) {
        skipName(cursor, limits)
        skipAny(cursor, limits, depth + 1)
      }
      return
    }
    case 117: {
      if (depth >= limits.maxValueDepth) return cursor.exceed('a value is nested too deeply')
      const count = cursor.uint()
      for (let i = 0; i < count && cursor.fault === null; i++) skipAny(cursor, limits, depth + 1)
      return
    }
    case 116:
      cursor.skip(cursor.uint())
      return
    default:
      cursor.fail('an unknown kind of value')
  }
}

let jsonRules: JsonRules = { maxDepth: 0, maxValues: 0, forbidden: forbiddenNames }

/** A string that Yjs will hand to JSON.parse on every load, so it must parse; `orUndefined` allows the word itself. */
function skipJson(cursor: ByteCursor, limits: UpdateLimits, orUndefined = false): void {
  const before = cursor.at
  const length = cursor.uint()
  const from = cursor.at
  cursor.at = before
  skipString(cursor)
  if (cursor.fault !== null || isPlainJson(cursor.bytes, from, length)) return
  if (limits.maxValueDepth !== jsonRules.maxDepth || limits.maxJsonValues !== jsonRules.maxValues) {
    jsonRules = { maxDepth: limits.maxValueDepth, maxValues: limits.maxJsonValues, forbidden: forbiddenNames }
  }
  const fault = checkJson(cursor.bytes, from, cursor.at, jsonRules, cursor)
  if (fault === 'too-deep') cursor.exceed('a value is nested too deeply')
  else if (fault === 'too-many') cursor.exceed(`more than ${limits.maxJsonValues} JSON values`)
  else if (fault === 'forbidden') cursor.exceed('a forbidden name')
  else if (fault === 'invalid' && !(orUndefined && isName(cursor.bytes, from, cursor.at, 'undefined'))) {
    cursor.fail('a value is not JSON')
  }
}

/** `true` and `null`: what nearly every format mark carries. */
function isPlainJson(bytes: Uint8Array, at: number, length: number): boolean {
  if (length !== 4) return false
  const word = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8)
  const last = bytes[at + 3]
  return (word === 0x74727500 && last === 0x65) || (word === 0x6e756c00 && last === 0x6c)
}
