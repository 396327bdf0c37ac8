import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPage } from './support/markdown.ts'
import { filesBelow, readText, root } from './support/source-code.ts'
import { rulesOf } from './support/spec-rules.ts'

// The guides of docs/ are found, promise only what is a rule, and quote what the code says.

const guides = filesBelow('docs').filter(path => path.endsWith('.md'))
const linked = (path: string): string[] => readPage(readText(path)).links.map(({ to }) => to.split('#')[0] as string)
const { ids: known } = rulesOf(readText('SPEC.md'))

describe('the guides', () => {
  it.each(['README.md', 'llms.txt'])('are all named by %s', path => {
    expect(guides.filter(guide => !linked(path).includes(guide))).toEqual([])
  })

  it.each(guides)('%s names only rules there are', path => {
    const named = Array.from(readText(path).matchAll(/\b([A-Z]{3,4}\d{1,2})\b/g), ([rule]) => rule)
    const letters = new Set(known.map(id => id.replace(/\d+$/, '')))
    expect(named.filter(rule => letters.has(rule.replace(/\d+$/, '')) && !known.includes(rule))).toEqual([])
  })
})

describe('llms.txt', () => {
  it('begins with a name and what it is, and leads somewhere', () => {
    expect(readText('llms.txt')).toMatch(/^# \S.*\n\n> \S/)
    expect(linked('llms.txt').filter(to => !existsSync(join(root, to)))).toEqual([])
  })
})

describe('docs/troubleshooting.md', () => {
  const sources = filesBelow('packages').filter(path => /\/src\/.*\.ts$/.test(path) && !path.endsWith('.test.ts'))
  const code = sources.map(readText).join('\n')

  it('quotes what the code says', () => {
    const cells = readText('docs/troubleshooting.md')
      .split('\n')
      .flatMap(line => /^\| (.*?) \|/.exec(line)?.[1] ?? [])
    const quoted = cells.flatMap(cell => Array.from(cell.matchAll(/`([^`]+)`/g), ([, words]) => words as string))
    expect(quoted.length).toBeGreaterThan(50)
    // 1006 is the browser's own, and a path is no message.
    const own = quoted.filter(words => words !== '1006' && !words.startsWith('/'))
    expect(own.filter(words => !code.includes(words))).toEqual([])
  })
})
