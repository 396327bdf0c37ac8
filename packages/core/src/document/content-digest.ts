import * as Y from 'yjs'

/**
 * A digest of everything people can see in a document: 16 hex digits, the same for every replica with the same content,
 * however it came about (SPEC DOC7). Unlike `stateDigest` it tells apart two replicas whose state vectors agree although
 * their content does not (two clients that used one id).
 */
export function contentDigest(doc: Y.Doc): string {
  const hash = new Hash()
  for (const name of [...doc.share.keys()].sort()) {
    const type = doc.share.get(name) as Y.AbstractType<unknown>
    if (isEmpty(type)) continue
    hash.text(name)
    addType(hash, type)
  }
  return hash.hex()
}

function isEmpty(type: Y.AbstractType<unknown>): boolean {
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) return false
  for (const item of type._map.values()) if (!item.deleted) return false
  return true
}

/** Walks the items of a type; recursion is bounded by the gate's limit on nesting. */
function addType(hash: Hash, type: Y.AbstractType<unknown>): void {
  hash.number(1)
  addList(hash, type)
  hash.number(2)
  for (const key of [...type._map.keys()].sort()) {
    const item = type._map.get(key) as Y.Item
    if (item.deleted) continue
    hash.text(key)
    addContent(hash, item.content)
  }
  hash.number(3)
}

/** Formats count where content begins to have them: Yjs tidies marks away that change nothing, each replica in its own time. */
function addList(hash: Hash, type: Y.AbstractType<unknown>): void {
  const formats = new Map<string, unknown>()
  let said = new Map<string, unknown>()
  let isNews = false
  for (let item = type._start; item !== null; item = item.right) {
    const { content } = item
    if (item.deleted) continue
    if (content instanceof Y.ContentFormat) {
      if (content.value === null) formats.delete(content.key)
      else formats.set(content.key, content.value)
      isNews = true
      continue
    }
    if (isNews && !isSameFormat(said, formats)) {
      addFormats(hash, formats)
      said = new Map(formats)
    }
    isNews = false
    addContent(hash, content)
  }
}

function isSameFormat(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => JSON.stringify(b.get(key)) === JSON.stringify(value))
}

function addFormats(hash: Hash, formats: ReadonlyMap<string, unknown>): void {
  hash.number(8)
  for (const key of [...formats.keys()].sort()) {
    hash.text(key)
    addValue(hash, formats.get(key))
  }
  hash.number(9)
}

function addContent(hash: Hash, content: Y.Item['content']): void {
  if (content instanceof Y.ContentString) hash.units(content.str)
  else if (content instanceof Y.ContentType) {
    const { type } = content
    hash.text(type instanceof Y.XmlElement ? type.nodeName : 'type')
    addType(hash, type)
  } else if (content instanceof Y.ContentDoc) hash.text(content.doc.guid)
  else for (const value of content.getContent()) addValue(hash, value)
}

function addValue(hash: Hash, value: unknown): void {
  if (value instanceof Uint8Array) {
    hash.number(value.length)
    for (const byte of value) hash.number(byte)
  } else if (Array.isArray(value)) {
    hash.number(4)
    for (const child of value) addValue(hash, child)
    hash.number(5)
  } else if (typeof value === 'object' && value !== null) {
    hash.number(6)
    for (const key of Object.keys(value).sort()) {
      hash.text(key)
      addValue(hash, (value as Record<string, unknown>)[key])
    }
    hash.number(7)
  } else hash.text(`${typeof value}:${String(value)}`)
}

/** Two 32-bit streams over 16-bit units. Text runs hash alike however they are cut into items. */
class Hash {
  #a = 0x811c9dc5
  #b = 0x9e3779b9

  number(value: number): void {
    this.#mix(value ^ 0x10000)
  }

  /** Characters of running text: no length, so that cuts do not count. */
  units(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i))
  }

  text(text: string): void {
    this.number(text.length)
    this.units(text)
  }

  hex(): string {
    return (this.#a >>> 0).toString(16).padStart(8, '0') + (this.#b >>> 0).toString(16).padStart(8, '0')
  }

  #mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193)
    this.#b = Math.imul(this.#b ^ value ^ (this.#b >>> 15), 0x85ebca6b)
  }
}
