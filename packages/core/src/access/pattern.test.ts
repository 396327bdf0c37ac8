import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEverything, matches, maxPatternUnits, parsePattern } from './pattern.ts'

function isMatch(text: string, name: string): boolean {
  const pattern = parsePattern(text)
  if (!pattern.ok) throw new Error(pattern.error)
  return matches(pattern.value, name)
}

/** What the words of the rule say, tried out one way after the other: slow, and easy to believe. */
function byTheRule(text: string, name: string): boolean {
  if (text === '') return name === ''
  if (text.startsWith('**')) {
    for (let i = 0; i <= name.length; i++) if (byTheRule(text.replace(/^\*+/, ''), name.slice(i))) return true
    return false
  }
  if (text.startsWith('*')) {
    for (let i = 0; i <= name.length; i++) {
      if (byTheRule(text.slice(1), name.slice(i))) return true
      if (name[i] === '/') return false
    }
    return false
  }
  const literal = text.startsWith('\\') ? text[1] : text[0]
  return name[0] === literal && byTheRule(text.slice(text.startsWith('\\') ? 2 : 1), name.slice(1))
}

describe('patterns', () => {
  test.each([
    ['a', 'a', true],
    ['a', 'A', false],
    ['a', 'ab', false],
    ['*', 'anything', true],
    ['*', '', true],
    ['*', 'a/b', false],
    ['**', 'a/b/c', true],
    ['***', 'a/b/c', true],
    ['team/*', 'team/a', true],
    ['team/*', 'team/', true],
    ['team/*', 'team/a/b', false],
    ['team/*', 'team', false],
    ['team/**', 'team/a/b', true],
    ['team/**', 'teams/a', false],
    ['team/**/notes', 'team/a/b/notes', true],
    ['team/**/notes', 'team/notes', false],
    ['*/notes', 'team/notes', true],
    ['a*c*e', 'abcde', true],
    ['a*c*e', 'abcd', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a\\\\b', 'a\\b', true],
    ['\\a', 'a', true],
    // Nothing of a regular expression means anything.
    ['.', 'x', false],
    ['[a-z]+', 'abc', false],
    ['(a|b)', 'a', false],
    ['a?', 'a', false],
    ['日本*', '日本語', true],
    ['__proto__', '__proto__', true],
  ])('[ACC1] %j and the name %j: %j', (pattern, name, expected) => {
    expect(isMatch(pattern, name)).toBe(expected)
  })

  test('[ACC1] what is empty, too long, or ends with a backslash is no pattern', () => {
    for (const text of ['', '\\', 'a\\', 'a'.repeat(maxPatternUnits + 1)]) expect(parsePattern(text).ok).toBe(false)
    expect(parsePattern('a'.repeat(maxPatternUnits)).ok).toBe(true)
  })

  test('[ACC1] only a run of two stars or more means every name', () => {
    const everything = (text: string) => {
      const pattern = parsePattern(text)
      return pattern.ok && isEverything(pattern.value)
    }
    expect(['**', '***'].map(everything)).toEqual([true, true])
    expect(['*', '**/**', '\\**', '**a', '*\\*'].map(everything)).toEqual([false, false, false, false, false])
  })

  test('[ACC1] any pattern matches exactly the names that its words describe', () => {
    const letters = (from: string[], max: number) =>
      fc.array(fc.constantFrom(...from), { maxLength: max }).map(units => units.join(''))
    fc.assert(
      fc.property(
        letters(['a', 'b', '/', '*', '**', '\\*', '\\\\'], 8),
        letters(['a', 'b', '/', '*', '\\'], 8),
        (text, name) => {
          fc.pre(text.length > 0)
          expect(isMatch(text, name)).toBe(byTheRule(text, name))
        },
      ),
      { numRuns: 3_000 },
    )
  })

  test('[ACC1] a name matches itself when every character of it is an ordinary one', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }), name => {
        fc.pre(name.length < maxPatternUnits / 2)
        const text = name.replace(/[\s\S]/g, unit => `\\${unit}`)
        expect(isMatch(text, name)).toBe(true)
        expect(isMatch(text, `${name}x`)).toBe(false)
      }),
    )
  })

  test('[ACC1] no pattern takes more steps than its length times that of the name', () => {
    const name = `${'a'.repeat(255)}b`
    const hard = ['*a', '**a', 'a*', '*', 'a'].map(part => {
      const text = part.repeat(Math.floor((maxPatternUnits - 1) / part.length))
      return parsePattern(`${text}c`)
    })
    const before = performance.now()
    let found = 0
    for (let i = 0; i < 20; i++) for (const pattern of hard) if (pattern.ok && matches(pattern.value, name)) found++
    expect(found).toBe(0)
    // 100 matches of 131,072 steps at most each; trying one way after the other would take longer than the sun lasts.
    expect(performance.now() - before).toBeLessThan(2_000)
  })
})
