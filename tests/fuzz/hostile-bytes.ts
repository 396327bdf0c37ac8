import {
  type CraftedId,
  craftAny,
  craftEmbed,
  craftGc,
  craftItem,
  craftSkip,
  craftText,
  craftType,
  craftUpdate,
  type CraftedPlace,
  type SeededRandom,
} from '@tutti/core/testing'
import * as Y from 'yjs'

/** An update in Yjs' grammar that says anything at all: about `known` clocks, about unknown ones, about itself. */
export function anyUpdate(known: ReadonlyMap<number, number>, random: SeededRandom): Uint8Array {
  const clients = [...known.keys(), 90, 91, 2 ** 32 - 1]
  const clockOf = (client: number) => {
    const clock = known.get(client) ?? 0
    return random.chance(0.8) ? clock : Math.max(0, clock + random.int(7) - 3)
  }
  const id = (): CraftedId => {
    const client = random.pick(clients)
    return [client, random.int((known.get(client) ?? 0) + 3)]
  }
  const place = (client: number, clock: number): CraftedPlace => {
    // Mostly what may be: beside something known. Otherwise anything.
    const near = (): CraftedId => (clock > 0 && random.chance(0.5) ? [client, random.int(clock)] : id())
    const kind = random.int(6)
    return {
      ...(kind < 2 || kind === 4 ? { origin: near() } : {}),
      ...(kind === 1 || kind === 5 ? { right: near() } : {}),
      ...(kind === 3
        ? { parent: random.chance(0.5) ? near() : random.pick(['text', 'map', 'array', 'xml', '__proto__']) }
        : {}),
      ...(random.chance(0.3) ? { key: random.pick(['a', 'title', 'constructor', '']) } : {}),
    }
  }
  const chosen = clients.filter(() => random.chance(0.4))
  const sections = chosen.map(client => {
    const clock = clockOf(client)
    let next = clock
    const structs = Array.from({ length: 1 + random.int(4) }, () => {
      const [struct, length] = anyStruct(place(client, next), random)
      next += length
      return struct
    })
    return { client, clock, structs }
  })
  const deletes = clients
    .filter(() => random.chance(0.2))
    .map(client => ({
      client,
      ranges: Array.from({ length: random.int(3) }, (): [number, number] => [
        random.int((known.get(client) ?? 0) + 2),
        random.chance(0.9) ? random.int(4) : 2 ** 40,
      ]),
    }))
  return craftUpdate(sections, deletes)
}

function anyStruct(place: CraftedPlace, random: SeededRandom): readonly [Uint8Array, number] {
  const name = random.pick(['p', 'bold', 'guid', 'prototype'])
  const named = Uint8Array.of(name.length, ...new TextEncoder().encode(name))
  switch (random.int(11)) {
    case 0:
      return [craftGc(random.int(4)), 1]
    case 1:
      return [craftSkip(random.int(4)), 1]
    case 2:
      return [craftItem(1, Uint8Array.of(random.int(5)), place), 1]
    case 3:
      return [
        craftItem(2, Uint8Array.of(1, 4, ...new TextEncoder().encode(random.pick(['null', 'nul!', '[{}]']))), place),
        1,
      ]
    case 4:
      return [craftItem(3, Uint8Array.of(2, 1, 2), place), 1]
    case 5: {
      const text = random.pick(['a', 'word', '', '😀', 'é\ud800'])
      return [craftText(text, place), text.length]
    }
    case 6:
      return [craftEmbed(random.pick(['{"image":1}', '{', '{"__proto__":{}}', '1']), place), 1]
    case 7:
      return [craftItem(6, Uint8Array.of(...named, 4, ...new TextEncoder().encode('true')), place), 1]
    case 8:
      return [craftType(random.int(8), place), 1]
    case 9:
      return [
        craftAny([Uint8Array.of(random.pick([126, 127, 120, 115])), Uint8Array.of(118, 1, ...named, 126)], place),
        2,
      ]
    default:
      return [craftItem(9, Uint8Array.of(1, 97, 118, 1, ...named, random.pick([126, 127])), place), 1]
  }
}

/** Valid updates to begin with: what three authors wrote. */
export function seedsOf(doc: Y.Doc, edits: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...edits, Y.encodeStateAsUpdate(doc), Y.mergeUpdates(edits.slice(0, 10)), Y.encodeStateAsUpdateV2(doc)]
}
