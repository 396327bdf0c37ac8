import type { SourceFile } from './layer-rules.ts'
import { isNode, lineOf, type SyntaxNode, walk } from './source-code.ts'

/** The one file that touches the real clock and real chance. */
const system = 'packages/core/src/base/system.ts'

const timers = new Set(['setTimeout', 'setInterval', 'setImmediate'])
const hosts = new Set(['globalThis', 'window', 'self', 'global', 'host'])
const chance = new Set(['randomUUID', 'getRandomValues', 'randomBytes', 'randomInt', 'randomFillSync'])
const members: Readonly<Record<string, string>> = {
  Date: 'now',
  performance: 'now',
  Math: 'random',
  AbortSignal: 'timeout',
}

/** Uses of the real clock, real timers and real chance outside of `base/system.ts`. */
export function realTimeAndChance(files: readonly SourceFile[]): string[] {
  return report(
    files.filter(file => file.path !== system),
    (node, parent, key) => {
      if (node.type === 'ImportDeclaration') {
        const from = (node['source'] as SyntaxNode)['value'] as string
        return /^(node:)?timers(\/promises)?$/.test(from) ? from : null
      }
      if (node.type === 'NewExpression' || node.type === 'CallExpression') {
        const isDate = nameOf(node['callee']) === 'Date'
        if (isDate && (node.type === 'CallExpression' || (node['arguments'] as unknown[]).length === 0)) return 'Date()'
      }
      if (node.type === 'MemberExpression') {
        const property = nameOf(node['property'])
        const object = lastName(node['object'])
        if (chance.has(property)) return property
        if (timers.has(property) && hosts.has(object)) return property
        if (members[object] !== undefined && members[object] === property) return `${object}.${property}`
      }
      const name = nameOf(node)
      if ((timers.has(name) || chance.has(name)) && isReference(parent, key)) return name
      return null
    },
  )
}

/** `console` anywhere but in the command line: a library has no mouth, the server has a logger. */
export function talking(files: readonly SourceFile[]): string[] {
  return report(
    files.filter(file => !(file.packageName === 'server' && file.folder === 'cli')),
    (node, parent, key) => (nameOf(node) === 'console' && isReference(parent, key) ? 'console' : null),
  )
}

/**
 * What ties core to one kind of machine. Undeclared globals are the type checker's to refuse (core has neither DOM nor
 * Node types); here are the ways around it.
 */
export function tiedToAMachine(files: readonly SourceFile[], mayImport: readonly string[]): string[] {
  const core = files.filter(file => file.packageName === 'core')
  const imports = core.flatMap(file =>
    file.imports
      .filter(specifier => !specifier.startsWith('.'))
      .filter(specifier => !(file.folder === 'testing' && specifier === 'vitest'))
      .filter(specifier => !mayImport.some(name => specifier === name || specifier.startsWith(`${name}/`)))
      .map(specifier => `${file.path} -> ${specifier}`),
  )
  const references = core
    .filter(file => /^\s*\/\/\/\s*<reference/m.test(file.text))
    .map(file => `${file.path}: reference`)
  const globals = report(
    core.filter(file => file.path !== system),
    (node, parent, key) => {
      if (node.type === 'TSModuleDeclaration' && node['kind'] === 'global') return 'declare global'
      if (node['declare'] === true && node.type !== 'TSModuleDeclaration' && !isBrand(node)) return 'declare'
      return hosts.has(nameOf(node)) && nameOf(node) !== 'host' && isReference(parent, key) ? nameOf(node) : null
    },
  )
  return [...imports, ...references, ...globals]
}

/** `declare const brand: unique symbol` names a type and nothing that exists. */
function isBrand(node: SyntaxNode): boolean {
  return JSON.stringify(node).includes('"operator":"unique"')
}

function report(
  files: readonly SourceFile[],
  find: (node: SyntaxNode, parent: SyntaxNode | null, key: string) => string | null,
): string[] {
  return files.flatMap(file => {
    const found: string[] = []
    walk(file.program, (node, parent, key) => {
      const what = find(node, parent, key)
      if (what !== null) found.push(`${file.path}:${lineOf(file.text, node.start)}: ${what}`)
    })
    return found
  })
}

function nameOf(node: unknown): string {
  return isNode(node) && node.type === 'Identifier' ? (node['name'] as string) : ''
}

/** `performance` in `globalThis.performance`. */
function lastName(node: unknown): string {
  return isNode(node) && node.type === 'MemberExpression' ? nameOf(node['property']) : nameOf(node)
}

/** Not the name of a property, of a method or of a member of a type. */
function isReference(parent: SyntaxNode | null, key: string): boolean {
  if (parent === null) return true
  if (parent.type === 'MemberExpression' && key === 'property') return false
  return !(key === 'key' && parent['computed'] !== true && parent['shorthand'] !== true)
}
