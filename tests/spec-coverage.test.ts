import { describe, expect, it } from 'vitest'
import { filesBelow, readText } from './support/source-code.ts'
import { quotedIds, rulesOf } from './support/spec-rules.ts'

/** Tests, and the contract suites that several tests run. */
const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path) || /\/src\/testing\/.*\.ts$/.test(path)

const { ids, mistakes } = rulesOf(readText('SPEC.md'))
const quoted = ['packages', 'tests', 'examples']
  .flatMap(filesBelow)
  .filter(path => isTest(path) && path !== 'tests/spec-coverage.test.ts')
  .flatMap(path => quotedIds(path, readText(path)).map(id => ({ id, path })))

describe('SPEC.md', () => {
  it('is written so that its rules can be counted', () => expect(mistakes).toEqual([]))

  it('every rule is quoted by a test', () => {
    const proven = new Set(quoted.map(({ id }) => id))
    const bare = ids.filter(id => !proven.has(id))
    expect(bare, `rules without a test: ${bare.join(' ')}`).toEqual([])
  })

  it('every rule a test quotes exists', () => {
    const unknown = quoted.filter(({ id }) => !ids.includes(id)).map(({ id, path }) => `${id} in ${path}`)
    expect(unknown, `quoted, but not in SPEC.md: ${unknown.join(', ')}`).toEqual([])
  })
})

describe('the count', () => {
  it('reads rules, and complains about what only looks like one', () => {
    const read = rulesOf('- **LOG1** a\n- **LOG2**b\n  - **LOG3** c\n- **LOG1** d\n- *not* a rule')
    expect(read.ids).toEqual(['LOG1', 'LOG1'])
    expect(read.mistakes).toHaveLength(3)
  })

  it('reads titles, one or more ids each, and not those of skipped tests', () => {
    const text = [
      "it('[LOG1] a', f)",
      "describe.each(table)('[LOG2] [LOG3] b', f)",
      'needsChromium().it(`[TAB1] ${c}`, f)',
      "it.skip('[LOG4] d', f)",
      "it.todo('[LOG5] e')",
      "it('see [LOG6]', f) // it('[LOG7] g')",
    ]
    expect(quotedIds('a.test.ts', text.join('\n'))).toEqual(['LOG1', 'LOG2', 'LOG3', 'TAB1'])
  })
})
