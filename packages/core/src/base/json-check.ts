/**
 * Why a text is not taken as JSON: it would not parse, it nests too deeply, it has too many values, or
 * an object has a forbidden key.
 */
export type JsonFault = 'invalid' | 'too-deep' | 'too-many' | 'forbidden'

export interface JsonRules {
  /** Arrays and objects nested in each other. */
  readonly maxDepth: number
  /** Values of all texts that are counted together: what makes JSON slow is not its length. */
  readonly maxValues: number
  /** Keys no object may have, however they are written. ASCII. */
  readonly forbidden: readonly string[]
}

/** Counts the values of several texts. */
export interface JsonTally {
  jsonValues: number
}

// One check runs at a time and never waits, so its position may live here: a value of one byte must cost next to nothing.
let text: Uint8Array = new Uint8Array(0)
let at = 0
let end = 0
let fault: JsonFault | null = null
let rules: JsonRules = { maxDepth: 0, maxValues: 0, forbidden: [] }
let values = 0

/**
 * Whether `bytes[from..to)`, well-formed UTF-8, is a text `JSON.parse` takes, within `limits`. Builds nothing and never
 * throws: time in proportion to the bytes, whatever they are.
 */
export function checkJson(
  bytes: Uint8Array,
  from: number,
  to: number,
  limits: JsonRules,
  tally: JsonTally = { jsonValues: 0 },
): JsonFault | null {
  text = bytes
  at = from
  end = to
  rules = limits
  fault = null
  values = tally.jsonValues
  value(0)
  space()
  tally.jsonValues = values
  if (fault === null && at !== end) fault = 'invalid'
  return fault
}

function fail(why: JsonFault): void {
  fault ??= why
}

function next(): number {
  return at < end ? (text[at] as number) : -1
}

function space(): void {
  for (let byte = next(); byte === 32 || byte === 10 || byte === 13 || byte === 9; byte = next()) at++
}

/** Recursion is bounded by `maxDepth`. */
function value(depth: number): void {
  if (++values > rules.maxValues) return fail('too-many')
  space()
  switch (next()) {
    case 0x22:
      string()
      return
    case 0x7b:
      return depth < rules.maxDepth ? object(depth + 1) : fail('too-deep')
    case 0x5b:
      return depth < rules.maxDepth ? array(depth + 1) : fail('too-deep')
    case 0x74:
      return word('true')
    case 0x66:
      return word('false')
    case 0x6e:
      return word('null')
    default:
      return number()
  }
}

function array(depth: number): void {
  at++
  space()
  if (next() === 0x5d) {
    at++
    return
  }
  for (;;) {
    value(depth)
    if (fault !== null) return
    space()
    const byte = next()
    at++
    if (byte === 0x5d) return
    if (byte !== 0x2c) return fail('invalid')
  }
}

function object(depth: number): void {
  at++
  space()
  if (next() === 0x7d) {
    at++
    return
  }
  for (;;) {
    space()
    const from = at
    if (next() !== 0x22) return fail('invalid')
    const isEscaped = string()
    if (fault !== null) return
    if (isForbidden(from, isEscaped)) return fail('forbidden')
    space()
    if (next() !== 0x3a) return fail('invalid')
    at++
    value(depth)
    if (fault !== null) return
    space()
    const byte = next()
    at++
    if (byte === 0x7d) return
    if (byte !== 0x2c) return fail('invalid')
  }
}

/** Steps over a string; true when it has escapes. */
function string(): boolean {
  const bytes = text
  const stop = end
  let isEscaped = false
  let read = at + 1
  while (read < stop) {
    const byte = bytes[read++] as number
    if (byte === 0x22) {
      at = read
      return isEscaped
    }
    if (byte < 0x20) break
    if (byte !== 0x5c) continue
    isEscaped = true
    at = read
    escape()
    if (fault !== null) return true
    read = at
  }
  fail('invalid')
  return isEscaped
}

function escape(): void {
  const byte = next()
  at++
  if (byte === 0x75) {
    for (let i = 0; i < 4; i++) {
      const digit = next()
      at++
      const isHex = (digit >= 48 && digit <= 57) || (digit >= 65 && digit <= 70) || (digit >= 97 && digit <= 102)
      if (!isHex) return fail('invalid')
    }
  } else if (byte < 0 || !'"\\/bfnrt'.includes(String.fromCharCode(byte))) fail('invalid')
}

function word(letters: string): void {
  for (let i = 0; i < letters.length; i++) {
    if (next() !== letters.charCodeAt(i)) return fail('invalid')
    at++
  }
}

function number(): void {
  if (next() === 0x2d) at++
  if (next() === 48) at++
  else if (digits() === 0) return fail('invalid')
  if (next() === 0x2e) {
    at++
    if (digits() === 0) return fail('invalid')
  }
  if (next() === 0x65 || next() === 0x45) {
    at++
    if (next() === 0x2b || next() === 0x2d) at++
    if (digits() === 0) return fail('invalid')
  }
}

function digits(): number {
  const from = at
  for (let byte = next(); byte >= 48 && byte <= 57; byte = next()) at++
  return at - from
}

/** Whether the key in `text[from..at)`, quotes included, is a forbidden one. */
function isForbidden(from: number, isEscaped: boolean): boolean {
  const { forbidden } = rules
  for (let i = 0; i < forbidden.length; i++) {
    const name = forbidden[i] as string
    if (!isEscaped && name.length !== at - from - 2) continue
    if (isName(name, from + 1)) return true
  }
  return false
}

/** Whether the string that goes on at `read` is `name`: ASCII letters and "_" may be escaped in one way only. */
function isName(name: string, read: number): boolean {
  for (let i = 0; i < name.length; i++) {
    let byte = text[read++] as number
    if (byte === 0x5c) {
      if (text[read] !== 0x75 || text[read + 1] !== 48 || text[read + 2] !== 48) return false
      byte = hex(text[read + 3] as number) * 16 + hex(text[read + 4] as number)
      read += 5
    }
    if (byte !== name.charCodeAt(i)) return false
  }
  return text[read] === 0x22
}

function hex(digit: number): number {
  return digit < 58 ? digit - 48 : (digit | 32) - 87
}
