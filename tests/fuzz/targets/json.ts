import { checkJson } from '../../../packages/core/src/base/json-check.ts'
import { check, type FuzzTarget } from '../engine/target.ts'

const utf8 = new TextEncoder()
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const forbidden = ['__proto__', 'constructor']
const maxDepth = 6
const maxValues = 200

/** A text passes as JSON exactly when `JSON.parse` takes it, within the depth and without the keys that are named. */
export const json: FuzzTarget = {
  name: 'json',
  watched: ['packages/core/src/base/json-check.ts'],
  maxBytes: 300,
  pace: 60_000,
  seeds: () =>
    [
      '{"user":{"name":"Zoë \\u00e9","cursor":[1,-2.5e-3,null,true,false]}}',
      '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
      ' [ 0 , [] , {} ] ',
    ].map(seed => utf8.encode(seed)),
  words: [
    '{"',
    '":',
    '"',
    ',',
    '[',
    ']',
    '{}',
    '\\u005f',
    '\\u',
    '__proto__',
    'constructor',
    '\\',
    'true',
    'null',
    'false',
    '-',
    '1e',
    '.5',
    'E+',
    '\ufeff',
    ' ',
    '\u2028',
  ].map(word => utf8.encode(word)),
  run(input) {
    const fault = checkJson(input, 0, input.length, { maxDepth, maxValues, forbidden })
    let source: string
    try {
      source = text.decode(input)
    } catch {
      return
    }
    let parsed: unknown
    try {
      parsed = JSON.parse(source)
    } catch {
      check(fault !== null, 'what JSON.parse refuses is refused')
      return
    }
    const { depth, values } = measured(parsed)
    if (fault === null) check(depth <= maxDepth && values <= maxValues, 'limits hold')
    else if (fault === 'too-deep') check(depth > maxDepth || hasTwins(source), 'only what nests too deeply is too deep')
    else if (fault === 'too-many')
      check(values > maxValues || hasTwins(source), 'only what has many values has too many')
    else check(fault === 'forbidden' && /__proto__|constructor|\\u/i.test(source), 'what JSON.parse takes is taken')
    if (fault === null) check(!hasForbidden(parsed), 'no object has a forbidden key')
  },
}

/** Where a key stands twice in an object JSON.parse forgets the first: what it gives back is less than what was written. */
function hasTwins(source: string): boolean {
  const keys = [...source.matchAll(/"((?:[^"\\]|\\.)*)"\s*:/g)].map(([, key]) => JSON.parse(`"${key}"`) as string)
  return new Set(keys).size < keys.length
}

function measured(value: unknown): { depth: number; values: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, values: 1 }
  let depth = 0
  let values = 1
  for (const child of Object.values(value)) {
    const inner = measured(child)
    depth = Math.max(depth, inner.depth)
    values += inner.values
  }
  return { depth: depth + 1, values }
}

function hasForbidden(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return (
    Object.keys(value).some(key => forbidden.includes(key) && !Array.isArray(value)) ||
    Object.values(value).some(hasForbidden)
  )
}
