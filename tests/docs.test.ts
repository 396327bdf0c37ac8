import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPage, regionsOf } from './support/markdown.ts'
import { filesBelow, readText, root } from './support/source-code.ts'

// Pages tell the truth: links lead somewhere, commands exist, and every line of TypeScript is copied from code that runs.

const paths = ['.', 'docs', 'bench', 'packages', 'examples']
  .flatMap(folder => (folder === '.' ? filesBelow('.').filter(path => !path.includes('/')) : filesBelow(folder)))
  .filter(path => path.endsWith('.md'))
const pages = new Map(paths.map(path => [path, readPage(readText(path))]))
const self = 'tests/docs.test.ts'
const code = ['tests', 'examples'].flatMap(filesBelow).filter(path => /\.tsx?$/.test(path) && path !== self)
const regions = new Map(code.flatMap(path => [...regionsOf(readText(path))]))
const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }

describe.each(paths)('%s', path => {
  const { links, snippets } = pages.get(path) as ReturnType<typeof readPage>

  it('has no link that leads nowhere', () => {
    const broken = links.flatMap(({ to, line }) => {
      if (/^[a-z][a-z+.-]*:|^\/\//i.test(to)) return []
      const [file = '', anchor] = decodeURI(to).split('#')
      const goal = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, '')
      const dead = goal.startsWith('..') || !existsSync(join(root, goal))
      const lost =
        !dead && anchor !== undefined && goal.endsWith('.md') && !readPage(readText(goal)).anchors.includes(anchor)
      return dead || lost ? [`${path}:${line}: ${to}`] : []
    })
    expect(broken).toEqual([])
  })

  it('shows only code that runs', () => {
    const script = snippets.filter(({ language }) => /^([cm]?[jt]s|[jt]sx|typescript|javascript)$/.test(language))
    const idle = script.filter(({ runs }) => runs === null).map(({ line }) => `${path}:${line}: no <!-- runs: name -->`)
    expect(idle).toEqual([])
    for (const { runs, text } of snippets.filter(snippet => snippet.runs !== null)) {
      expect(text, `snippet:${runs}`).toBe(regions.get(runs ?? ''))
    }
  })

  it('shows only commands that exist', () => {
    const shell = snippets.filter(({ language }) => /^(sh|bash|shell|console)$/.test(language))
    const missing = shell.flatMap(({ text }) =>
      [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]
        .map(([, run, short]) => (run ?? short) as string)
        .filter(name => scripts[name] === undefined)
        .map(name => `${path}: npm run ${name}`),
    )
    expect(missing).toEqual([])
  })
})

describe('the reader of pages', () => {
  it('finds links, anchors and snippets', () => {
    const page = readPage(
      '# A `b` c!\n## A b c\n[x](./y.md#z) `[n](o)`\n<!-- runs: hello -->\n```ts\n[p](q)\n```\n<img src="r.png">',
    )
    expect(page.links.map(({ to }) => to)).toEqual(['./y.md#z', 'r.png'])
    expect(page.anchors).toEqual(['a-b-c', 'a-b-c-1'])
    expect(page.snippets).toEqual([{ language: 'ts', line: 5, text: '[p](q)', runs: 'hello' }])
  })

  it('takes regions out of code', () => {
    const source = 'x\n  // snippet:one\n  a\n\n    b\n  // end\ny'
    expect(regionsOf(source).get('one')).toBe('a\n\n  b')
    expect(() => regionsOf('// snippet:two\na')).toThrow('has no // end')
  })
})
