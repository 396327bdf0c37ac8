import * as Y from 'yjs'
import type { Field } from './field.ts'

type Root = Y.AbstractType<unknown>

/** The map of that name, unless this process has the root as something else already. */
export function mapAt(name: string, doc: Y.Doc): Y.Map<unknown> | null {
  const root = doc.get(name)
  return root instanceof Y.Map || root.constructor === Y.AbstractType ? doc.getMap(name) : null
}

/** Whether a root holds nothing that can be seen. */
export function isEmpty(root: Root): boolean {
  return !hasKeys(root) && contentsOf(root).length === 0
}

/** Whether a root holds what a field of this kind never has: whatever its type, a root can be written as any other. */
export function holdsOther(kind: Field['kind'], root: Root): boolean {
  if (kind !== 'text' && kind !== 'rich-text') return contentsOf(root).length > 0
  return hasKeys(root) || !contentsOf(root).every(content => isPartOf(kind, content))
}

function isPartOf(kind: 'text' | 'rich-text', content: Y.Item['content']): boolean {
  const parts = kind === 'text' ? [Y.ContentString, Y.ContentFormat, Y.ContentEmbed, Y.ContentType] : [Y.ContentType]
  return parts.some(part => content instanceof part)
}

function hasKeys(root: Root): boolean {
  return [...root._map.values()].some(item => !item.deleted)
}

function contentsOf(root: Root): Y.Item['content'][] {
  const contents: Y.Item['content'][] = []
  for (let item = root._start; item !== null; item = item.right) if (!item.deleted) contents.push(item.content)
  return contents
}
