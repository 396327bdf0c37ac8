import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'vite'

/** The root of the repository. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

const ignored = new Set(['node_modules', 'dist', '.git', '.turbo', '.tmp', 'coverage', '.peers'])

/** Paths below `folder` (relative to the root, with `/`), in order; built and installed things left out. */
export function filesBelow(folder: string): string[] {
  let entries: { name: string; isDirectory(): boolean }[]
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true })
  } catch {
    return []
  }
  return entries
    .filter(entry => !ignored.has(entry.name))
    .flatMap(entry => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? filesBelow(path) : [path]
    })
    .sort()
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export function relativeToRoot(path: string): string {
  return relative(root, path).split(sep).join('/')
}

/** A node of the syntax tree, as far as our rules look at it. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string'
}

/** Syntax, not text: what stands in a comment or in a string is not code. */
export function parse(path: string, text: string): SyntaxNode {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  return program as unknown as SyntaxNode
}

/** Every node with the one above it and the key it hangs on. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | null, key: string) => void,
  parent: SyntaxNode | null = null,
  key = '',
): void {
  visit(node, parent, key)
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit, node, name)
  }
}

/** What a file imports or re-exports, types included, in the words of the file. */
export function importsOf(program: SyntaxNode): string[] {
  const found: string[] = []
  walk(program, node => {
    if (!importing.has(node.type)) return
    const source = node['source'] ?? node['argument']
    const literal = isNode(source) && source.type === 'TSLiteralType' ? source['literal'] : source
    if (isNode(literal) && typeof literal['value'] === 'string') found.push(literal['value'])
  })
  return found
}

const importing = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}
