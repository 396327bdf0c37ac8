import { isNode, lineOf, parse, type SyntaxNode } from '../../support/source-code.ts'

/** A place of a source file whose visits are counted. */
export interface Branch {
  readonly file: string
  readonly line: number
}

/** What counted code calls its counters, and the guard of its allocations. */
export const countersName = '__visits'
export const sizeName = '__sized'

/** Constructors that allocate as much as a number says. */
const sized = new Set(['Array', 'Uint8Array', 'Uint16Array', 'Uint32Array', 'Float64Array', 'ArrayBuffer'])

/**
 * The TypeScript of a file with one counter for each way it can go: bodies of functions and loops, both sides of every
 * condition, cases, the right side of `&&`, `||` and `??`, handlers of exceptions. Sizes of allocations pass a guard. Lines
 * stay where they are.
 */
export function countBranches(file: string, text: string, branches: Branch[]): string {
  const edits: { at: number; text: string }[] = []
  const put = (at: number, piece: string) => edits.push({ at, text: piece })
  const visit = (at: number) => {
    branches.push({ file, line: lineOf(text, at) })
    return `${countersName}[${branches.length - 1}]++`
  }
  const child = (node: SyntaxNode, key: string) => (isNode(node[key]) ? node[key] : null)
  const end = (node: SyntaxNode) => node['end'] as number

  /** What to put behind a node once its children are done. */
  const closers = new Map<SyntaxNode, string>()
  const statement = (node: SyntaxNode | null) => {
    if (node === null) return
    if (node.type === 'BlockStatement') put(node.start + 1, `${visit(node.start)};`)
    else {
      put(node.start, `{${visit(node.start)};`)
      closers.set(node, '}')
    }
  }
  const expression = (node: SyntaxNode | null) => {
    if (node === null) return
    put(node.start, `(${visit(node.start)},`)
    closers.set(node, ')')
  }

  const enter = (node: SyntaxNode) => {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        const body = child(node, 'body')
        if (node['expression'] === true) expression(body)
        else if (body !== null) put(body.start + 1, `${visit(node.start)};`)
        return
      }
      case 'IfStatement':
        statement(child(node, 'consequent'))
        statement(child(node, 'alternate'))
        return
      case 'ForStatement':
      case 'ForOfStatement':
      case 'ForInStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'CatchClause':
        return statement(child(node, 'body'))
      case 'SwitchCase':
        return put(
          text.indexOf(':', (child(node, 'test')?.['end'] as number | undefined) ?? node.start) + 1,
          ` ${visit(node.start)};`,
        )
      case 'ConditionalExpression':
        expression(child(node, 'consequent'))
        return expression(child(node, 'alternate'))
      case 'LogicalExpression':
        return expression(child(node, 'right'))
      case 'AssignmentExpression':
        if (['??=', '||=', '&&='].includes(node['operator'] as string)) expression(child(node, 'right'))
        return
      case 'NewExpression': {
        const [size, ...more] = node['arguments'] as SyntaxNode[]
        if (size === undefined || more.length > 0 || !sized.has(child(node, 'callee')?.['name'] as string)) return
        put(size.start, `${sizeName}(`)
        closers.set(size, ')')
        return
      }
      default:
    }
  }

  const leave = (node: SyntaxNode) => {
    // A condition that does not hold and has nothing to do is a way, too.
    if (node.type === 'IfStatement' && child(node, 'alternate') === null) put(end(node), ` else {${visit(node.start)}}`)
    const closer = closers.get(node)
    if (closer !== undefined) put(end(node), closer)
  }

  const walk = (node: SyntaxNode) => {
    enter(node)
    for (const value of Object.values(node)) {
      for (const next of Array.isArray(value) ? value : [value]) if (isNode(next)) walk(next)
    }
    leave(node)
  }
  walk(parse(file, text))
  return spliced(text, edits)
}

/** Outer pieces were put before inner ones in front, and after them behind: a stable sort keeps that. */
function spliced(text: string, edits: { at: number; text: string }[]): string {
  let out = ''
  let from = 0
  for (const edit of edits.sort((a, b) => a.at - b.at)) {
    out += text.slice(from, edit.at) + edit.text
    from = edit.at
  }
  return out + text.slice(from)
}
