import type { JsonObject, JsonValue } from '../content/json-value.ts'

// RFC 6902 on plain values, to hold the other against: written for shortness, not for speed. What differs from the RFC is what
// a document of Yjs is: an object of roots that are texts, arrays or maps, stay what they are, and are not there when empty.

type Mutable = Record<string, unknown> | unknown[]

export type PlainOutcome = JsonObject | 'bad-patch' | 'no-such-place' | 'test-failed' | 'bad-content'

class Refused extends Error {
  readonly outcome: Exclude<PlainOutcome, JsonObject>

  constructor(outcome: Exclude<PlainOutcome, JsonObject>) {
    super(outcome)
    this.outcome = outcome
  }
}

/** What each root was as long as it could be seen, by name. */
type Kinds = Map<string, string>

interface PlainOperation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: JsonValue
}

/** The document after the operations, or why they are refused. */
export function patchedPlain(document: JsonObject, operations: readonly PlainOperation[]): PlainOutcome {
  try {
    const kinds = new Map(Object.entries(visible(document)).map(([name, root]) => [name, kindOf(root)]))
    return operations.reduce((json, operation) => visible(applied(json, operation, kinds)), visible(document))
  } catch (error) {
    if (error instanceof Refused) return error.outcome
    throw error
  }
}

function visible(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([, root]) => kindOf(root) !== 'empty'))
}

function kindOf(root: JsonValue): string {
  if (typeof root === 'string') return root === '' ? 'empty' : 'text'
  if (typeof root !== 'object' || root === null) throw new Refused('bad-content')
  if (Object.keys(root).length === 0) return 'empty'
  return Array.isArray(root) ? 'array' : 'map'
}

function applied(
  document: JsonObject,
  { op, path, from = '', value = null }: PlainOperation,
  kinds: Kinds,
): JsonObject {
  const json = structuredClone(document)
  switch (op) {
    case 'add':
    case 'replace':
      return put(json, op, tokensOf(path), value, kinds)
    case 'remove':
      return removed(json, tokensOf(path))
    case 'test': {
      if (sorted(found(json, tokensOf(path))) !== sorted(value)) throw new Refused('test-failed')
      return json
    }
    case 'copy':
      return put(json, 'add', tokensOf(path), structuredClone(found(json, tokensOf(from))), kinds)
    default: {
      const moved = found(json, tokensOf(from))
      if (path === from) return json
      if (path.startsWith(`${from}/`)) throw new Refused('bad-patch')
      return put(visible(removed(json, tokensOf(from))), 'add', tokensOf(path), moved, kinds)
    }
  }
}

function tokensOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function found(json: JsonObject, tokens: readonly string[]): JsonValue {
  let value: unknown = json
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null) throw new Refused('no-such-place')
    if (Array.isArray(value)) value = value[indexOf(token, value.length)] as unknown
    else if (Object.hasOwn(value, token)) value = (value as Record<string, unknown>)[token]
    else throw new Refused('no-such-place')
  }
  return value as JsonValue
}

function indexOf(token: string, length: number): number {
  const index = Number(token)
  if (String(index) !== token || !Number.isInteger(index) || index < 0 || index >= length) {
    throw new Refused('no-such-place')
  }
  return index
}

function put(
  json: JsonObject,
  op: 'add' | 'replace',
  tokens: readonly string[],
  value: JsonValue,
  kinds: Kinds,
): JsonObject {
  const last = tokens.at(-1)
  if (last === undefined) return whole(value, kinds)
  const parts = found(json, tokens.slice(0, -1)) as Mutable
  if (typeof parts !== 'object' || parts === null) throw new Refused('no-such-place')
  if (op === 'replace') found(json, tokens)
  if (tokens.length === 1) mustStay(last, value, kinds)
  if (!Array.isArray(parts)) parts[last] = value
  else if (op === 'replace') parts[indexOf(last, parts.length)] = value
  else parts.splice(last === '-' ? parts.length : indexOf(last, parts.length + 1), 0, value)
  return json
}

function whole(value: JsonValue, kinds: Kinds): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused('bad-content')
  for (const [name, root] of Object.entries(value)) mustStay(name, root, kinds)
  return value as JsonObject
}

function mustStay(name: string, root: JsonValue, kinds: Kinds): void {
  const kind = typeof root === 'string' ? 'text' : Array.isArray(root) ? 'array' : 'map'
  if (typeof root !== 'string' && (typeof root !== 'object' || root === null)) throw new Refused('bad-content')
  if ((kinds.get(name) ?? kind) !== kind) throw new Refused('bad-content')
  kinds.set(name, kind)
}

function removed(json: JsonObject, tokens: readonly string[]): JsonObject {
  const last = tokens.at(-1)
  if (last === undefined) return {}
  found(json, tokens)
  const parts = found(json, tokens.slice(0, -1)) as Mutable
  if (Array.isArray(parts)) parts.splice(Number(last), 1)
  else delete parts[last]
  return json
}

function sorted(value: JsonValue): string {
  return JSON.stringify(value, (_, part: JsonValue) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
