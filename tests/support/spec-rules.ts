import { isNode, parse, type SyntaxNode, walk } from './source-code.ts'

const ruleLine = /^- \*\*([A-Z]{2,5}\d+)\*\* \S/
const looksLikeRule = /^\s*[-*] \*\*[A-Z]{2,5}\d+/
const quotedId = /^(?:\[[A-Z]{2,5}\d+\]\s*)+/

/** The ids of SPEC.md in order, and what is wrong with how they are written. */
export function rulesOf(spec: string): { ids: string[]; mistakes: string[] } {
  const ids: string[] = []
  const mistakes: string[] = []
  for (const line of spec.split('\n')) {
    const id = ruleLine.exec(line)?.[1]
    if (id === undefined) {
      if (looksLikeRule.test(line)) mistakes.push(`not of the form "- **ID1** text": ${line.slice(0, 60)}`)
    } else {
      if (ids.includes(id)) mistakes.push(`${id} is there twice`)
      ids.push(id)
    }
  }
  return { ids, mistakes }
}

/** The ids that titles of tests begin with, e.g. `it('[LOG4] a torn tail is cut')`. A test that is skipped proves nothing. */
export function quotedIds(path: string, text: string): string[] {
  return quotedTitles(path, text).flatMap(idsIn)
}

/** The titles that begin with ids; `…` stands for what a template fills in. */
export function quotedTitles(path: string, text: string): string[] {
  if (!/\[[A-Z]{2,5}\d+\]/.test(text)) return []
  const found: string[] = []
  walk(parse(path, text), node => {
    if (node.type !== 'CallExpression') return
    const title = titleOf((node['arguments'] as SyntaxNode[])[0])
    if (!quotedId.test(title) || calledBy(node['callee']).some(name => name === 'skip' || name === 'todo')) return
    found.push(title)
  })
  return found
}

/** The ids a title begins with. */
export function idsIn(title: string): string[] {
  return Array.from((quotedId.exec(title)?.[0] ?? '').matchAll(/\[(\w+)\]/g), found => found[1] as string)
}

function titleOf(node: SyntaxNode | undefined): string {
  if (node?.type === 'Literal' && typeof node['value'] === 'string') return node['value']
  if (node?.type !== 'TemplateLiteral') return ''
  return (node['quasis'] as { value: { raw: string } }[]).map(({ value }) => value.raw).join('…')
}

/** `it.skip.each(table)` gives each, skip, it. */
function calledBy(node: unknown): string[] {
  if (!isNode(node)) return []
  if (node.type === 'Identifier') return [node['name'] as string]
  if (node.type === 'MemberExpression') return [...calledBy(node['property']), ...calledBy(node['object'])]
  return calledBy(node['callee'] ?? node['tag'])
}
