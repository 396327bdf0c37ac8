import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkJson } from './json-check.ts'

const rules = { maxDepth: 5, maxValues: 1_000, forbidden: ['__proto__'] }
const encoder = new TextEncoder()

function check(text: string) {
  const bytes = encoder.encode(`..${text}..`)
  return checkJson(bytes, 2, bytes.length - 2, rules)
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const alphabet = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\',
  'u',
  '0',
  '1',
  '-',
  '.',
  'e',
  '+',
  'a',
  'true',
  'null',
  ' ',
  '\n',
  'é',
  '\u0001',
  '\ufeff',
]
const noise = fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }).map(parts => parts.join(''))

test('[BASE3] it passes exactly what JSON.parse takes', () => {
  fc.assert(
    fc.property(fc.oneof(noise, fc.json({ maxDepth: 3 })), text => {
      if (check(text) === 'too-deep' || check(text) === 'forbidden') return
      expect(check(text) === null, JSON.stringify(text)).toBe(parses(text))
    }),
    { numRuns: 5_000 },
  )
})

test('[BASE3] damage to a JSON text is found exactly where JSON.parse finds it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 2 }), fc.nat(), fc.constantFrom(...alphabet), (text, at, put) => {
      const cut = at % (text.length + 1)
      const damaged = (text.slice(0, cut) + put + text.slice(cut + 1)).toWellFormed?.() ?? ''
      if (check(damaged) === 'too-deep' || check(damaged) === 'forbidden') return
      expect(check(damaged) === null, JSON.stringify(damaged)).toBe(parses(damaged))
    }),
    { numRuns: 5_000 },
  )
})

test('[BASE3] numbers, words, escapes', () => {
  for (const text of ['0', '-0', '1e5', '1.5E-7', '"\\u00e9\\n\\/"', ' [ ] ', '{ }', '""', 'null'])
    expect(check(text)).toBeNull()
  for (const text of [
    '',
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    'nul',
    'nulll',
    '"\\x"',
    '"\\u12g4"',
    '"',
    '[1,]',
    '{"a"}',
    '{a:1}',
    '1 2',
  ]) {
    expect(check(text), text).toBe('invalid')
  }
})

test('[BASE3] values are counted over several texts', () => {
  const tally = { jsonValues: 0 }
  const bytes = encoder.encode('[1,{"a":2}]')
  const again = () => checkJson(bytes, 0, bytes.length, { ...rules, maxValues: 8 }, tally)
  expect([again(), tally.jsonValues, again(), tally.jsonValues, again()]).toEqual([null, 4, null, 8, 'too-many'])
})

test('[BASE3] depth and keys', () => {
  expect(check('[[[[[1]]]]]')).toBeNull()
  expect(check('[[[[[[1]]]]]]')).toBe('too-deep')
  expect(check('['.repeat(1_000_000))).toBe('too-deep')
  expect(check('{"__proto__":1}')).toBe('forbidden')
  expect(check('[{"a":{"\\u005f_proto\\u005F_":1}}]')).toBe('forbidden')
  for (const key of ['\\u005F\\u005f\\u0070roto__', '__pr\\u006Fto\\u005f_'])
    expect(check(`{"${key}":1}`)).toBe('forbidden')
  for (const key of ['\\n', '\\u005f', '__proto__\\n', '\\u0f5f_proto__', '\\"_proto__', '__proto\\__']) {
    expect(check(`{"${key}":1}`), key).toBe(key.endsWith('\\__') ? 'invalid' : null)
  }
  expect(check('["__proto__",{"a":"__proto__","__proto":2}]')).toBeNull()
})
