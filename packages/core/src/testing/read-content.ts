import * as Y from 'yjs'

/** Everything people could see in a document written by `randomEdit`, as plain values that can be compared. */
export function readContent(doc: Y.Doc): unknown {
  return {
    text: plain(doc.getText('text')),
    map: plain(doc.getMap('map')),
    array: plain(doc.getArray('array')),
    xml: plain(doc.getXmlFragment('xml')),
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Y.Doc) return { subdocument: value.guid }
  if (value instanceof Y.Text) {
    return { delta: value.toDelta().map((part: { insert: unknown }) => ({ ...part, insert: plain(part.insert) })) }
  }
  if (value instanceof Y.Map)
    return Object.fromEntries([...value.keys()].sort().map(key => [key, plain(value.get(key))]))
  if (value instanceof Y.XmlElement) {
    const attributes = Object.entries(value.getAttributes()).map(([key, attribute]) => [key, plain(attribute)])
    return { name: value.nodeName, attributes: Object.fromEntries(attributes), children: value.toArray().map(plain) }
  }
  if (value instanceof Y.XmlFragment) return value.toArray().map(plain)
  if (value instanceof Y.Array) return value.toArray().map(plain)
  return value
}
