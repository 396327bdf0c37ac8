import * as Y from 'yjs'

/** A root as it was opened. */
export type Root = Y.Map<unknown> | Y.Text | Y.XmlFragment | Y.Array<unknown>

/** A root that nobody has said anything of. */
export type UnknownRoot = Pick<NonNullable<ReturnType<Y.Doc['share']['get']>>, '_map' | '_start'>

/** What a root of a document is, as people see it. */
export type RootKind = 'map' | 'text' | 'xml' | 'array' | 'empty'

/**
 * What a root is. An update does not say it, an app does by how it asks for it; so it is told by what can be seen in it,
 * which is the same in every replica:
 *
 * - something with a name is there: a map;
 * - else there is text, or an embed: a text;
 * - else there is an element, a text or a hook of XML: XML;
 * - else there is something: an array;
 * - nothing can be seen: empty. Yjs cannot tell such a root from one that was never used, and it is not shown.
 */
export function kindOfRoot(root: UnknownRoot): RootKind {
  for (const item of root._map.values()) if (!item.deleted) return 'map'
  let kind: RootKind = 'empty'
  for (let item = root._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue
    const { content } = item
    if (content instanceof Y.ContentString || content instanceof Y.ContentEmbed) return 'text'
    if (kind === 'empty') kind = 'array'
    if (content instanceof Y.ContentType && isXml(content.type)) kind = 'xml'
  }
  return kind
}

export function isXml(type: unknown): boolean {
  return type instanceof Y.XmlFragment || type instanceof Y.XmlText || type instanceof Y.XmlHook
}

/** The root `name`, as what it is; `null` when nothing can be seen in it. */
export function openRoot(doc: Y.Doc, name: string): Root | null {
  const root = doc.share.get(name)
  if (root === undefined) return null
  switch (kindOfRoot(root)) {
    case 'map':
      return doc.getMap(name)
    case 'text':
      return doc.getText(name)
    case 'xml':
      return doc.getXmlFragment(name)
    case 'array':
      return doc.getArray(name)
    case 'empty':
      return null
  }
}
