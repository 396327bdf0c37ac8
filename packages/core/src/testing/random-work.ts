import * as Y from 'yjs'
import type { SeededRandom } from './seeded-random.ts'

const words = ['la', 'Blue Moon', 'é', 'verse ', 'chorus', '日本', '', '\n', 'x'.repeat(40)]

/** One random edit of a random shared type, nested ones included: the workload of convergence tests. */
export function randomEdit(doc: Y.Doc, random: SeededRandom): void {
  doc.transact(() => {
    const kind = random.int(10)
    if (kind < 4) editText(doc.getText('text'), random)
    else if (kind < 6) editMap(doc.getMap('map'), random, 0)
    else if (kind < 8) editArray(doc.getArray('array'), random, 0)
    else editXml(doc.getXmlFragment('xml'), random, 0)
  })
}

function word(random: SeededRandom): string {
  return random.pick(words) || 'w'
}

function plain(random: SeededRandom): unknown {
  switch (random.int(7)) {
    case 0:
      return random.int(1000) - 500
    case 1:
      return word(random)
    case 2:
      return random.chance(0.5)
    case 3:
      return null
    case 4:
      return { a: random.int(9), b: [word(random)] }
    case 5:
      return random.bytes(random.int(5))
    default:
      return random.next()
  }
}

function editText(text: Y.Text, random: SeededRandom): void {
  const at = random.int(text.length + 1)
  const left = text.length - at
  const kind = random.int(10)
  if (kind < 5) text.insert(at, word(random))
  else if (kind < 7 && left > 0) text.delete(at, 1 + random.int(Math.min(left, 8)))
  else if (kind < 9 && left > 0)
    text.format(at, 1 + random.int(left), { [random.pick(['bold', 'em'])]: random.pick([true, null]) })
  else text.insertEmbed(at, { image: word(random) })
}

function fresh(random: SeededRandom, depth: number): unknown {
  if (depth > 3 || random.chance(0.6)) return plain(random)
  const kind = random.int(4)
  if (kind === 0) return new Y.Text(word(random))
  if (kind === 1) return new Y.Map([[word(random), random.int(9)]])
  if (kind === 2) return Y.Array.from([random.int(9), word(random)])
  return new Y.Doc()
}

function editMap(map: Y.Map<unknown>, random: SeededRandom, depth: number): void {
  const key = random.pick(['a', 'b', 'c', 'title'])
  const child = map.get(key)
  if (child instanceof Y.AbstractType && random.chance(0.6)) editNested(child, random, depth + 1)
  else if (random.chance(0.2)) map.delete(key)
  else map.set(key, fresh(random, depth))
}

function editArray(array: Y.Array<unknown>, random: SeededRandom, depth: number): void {
  const at = random.int(array.length + 1)
  if (at < array.length) {
    const child = array.get(at)
    if (child instanceof Y.AbstractType && random.chance(0.5)) return editNested(child, random, depth + 1)
    if (random.chance(0.4)) return array.delete(at, 1 + random.int(Math.min(3, array.length - at)))
  }
  const many = 1 + random.int(3)
  if (random.chance(0.5))
    array.insert(
      at,
      Array.from({ length: many }, () => random.int(100)),
    )
  else array.insert(at, [fresh(random, depth)])
}

function editXml(xml: Y.XmlFragment, random: SeededRandom, depth: number): void {
  const at = random.int(xml.length + 1)
  if (at < xml.length) {
    const child = xml.get(at)
    if (random.chance(0.6)) {
      if (child instanceof Y.XmlText) return editText(child, random)
      if (child instanceof Y.XmlElement) {
        if (random.chance(0.3)) return child.setAttribute(random.pick(['id', 'class']), word(random))
        if (depth < 4) return editXml(child, random, depth + 1)
      }
    }
    if (random.chance(0.4)) return xml.delete(at, 1)
  }
  xml.insert(at, [random.chance(0.5) ? new Y.XmlText(word(random)) : new Y.XmlElement(random.pick(['p', 'h1', 'li']))])
}

function editNested(type: Y.AbstractType<unknown>, random: SeededRandom, depth: number): void {
  if (type instanceof Y.Text) editText(type, random)
  else if (type instanceof Y.Map) editMap(type as Y.Map<unknown>, random, depth)
  else if (type instanceof Y.Array) editArray(type as Y.Array<unknown>, random, depth)
}
