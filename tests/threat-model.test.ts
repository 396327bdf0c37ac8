import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readText, root } from './support/source-code.ts'
import { idsIn, quotedTitles, rulesOf } from './support/spec-rules.ts'

// THREAT_MODEL.md says of every row which test proves it. Here it is held to that: the rule exists, the test exists, and
// the one quotes the other.

interface Row {
  readonly id: string
  readonly rules: readonly string[]
  readonly proofs: readonly { readonly fragment: string; readonly path: string }[]
}

/** `| T1 | what | what stops it | SRV5 | [a part of the title](path) |` */
function rowsOf(page: string): Row[] {
  return page
    .split('\n')
    .filter(line => /^\| T\d+ \|/.test(line))
    .map(line => {
      const [, id = '', , , rules = '', proofs = ''] = line.split('|').map(cell => cell.trim())
      const links = Array.from(proofs.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g))
      return {
        id,
        rules: rules.split(/[ ,]+/).filter(rule => rule !== ''),
        proofs: links.map(([, fragment = '', path = '']) => ({ fragment, path })),
      }
    })
}

const rows = rowsOf(readText('THREAT_MODEL.md'))
const { ids: known } = rulesOf(readText('SPEC.md'))
const titles = new Map(
  Array.from(new Set(rows.flatMap(({ proofs }) => proofs.map(({ path }) => path))), path => [
    path,
    existsSync(join(root, path)) ? quotedTitles(path, readText(path)) : [],
  ]),
)

describe('THREAT_MODEL.md', () => {
  it('numbers its rows in order, and has some', () => {
    expect(rows.map(({ id }) => id)).toEqual(rows.map((_, i) => `T${i + 1}`))
    expect(rows.length).toBeGreaterThan(40)
  })

  it.each(rows)('$id: its rules exist, and the tests that are named prove them', ({ rules, proofs }) => {
    expect(rules.filter(rule => !known.includes(rule))).toEqual([])
    const proven = proofs.map(({ fragment, path }) => ({
      fragment,
      path,
      ids: (titles.get(path) ?? []).filter(title => title.includes(fragment)).flatMap(idsIn),
    }))
    expect(proven.filter(({ ids }) => !ids.some(id => rules.includes(id)))).toEqual([])
    const quoted = proven.flatMap(({ ids }) => ids)
    expect(rules.filter(rule => !quoted.includes(rule))).toEqual([])
    expect(rules).not.toEqual([])
  })
})
