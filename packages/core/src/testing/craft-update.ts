import { ByteWriter } from '../base/byte-writer.ts'

/** A client id and a clock. */
export type CraftedId = readonly [client: number, clock: number]

/** Where a crafted struct claims to stand. With an origin Yjs' format has no room for parent and key. */
export interface CraftedPlace {
  readonly origin?: CraftedId
  readonly right?: CraftedId
  /** A root type by name (default "t"), or the item that holds the type. */
  readonly parent?: string | CraftedId
  readonly key?: string
}

export interface CraftedSection {
  readonly client: number
  readonly clock: number
  readonly structs: readonly Uint8Array[]
}

export interface CraftedDeletes {
  readonly client: number
  readonly ranges: readonly (readonly [clock: number, length: number])[]
}

/** A Yjs V1 update byte by byte, also such as no honest client would ever write. */
export function craftUpdate(sections: readonly CraftedSection[], deletes: readonly CraftedDeletes[] = []): Uint8Array {
  const to = new ByteWriter(256).uint(sections.length)
  for (const { client, clock, structs } of sections) {
    to.uint(structs.length).uint(client).uint(clock)
    for (const struct of structs) to.raw(struct)
  }
  to.uint(deletes.length)
  for (const { client, ranges } of deletes) {
    to.uint(client).uint(ranges.length)
    for (const [clock, length] of ranges) to.uint(clock).uint(length)
  }
  return to.bytes().slice()
}

/** An item of any kind with any content bytes. */
export function craftItem(kind: number, content: Uint8Array, place: CraftedPlace = {}): Uint8Array {
  const { origin, right, parent = 't', key } = place
  const to = new ByteWriter(content.length + 64)
  to.byte(kind | (origin ? 128 : 0) | (right ? 64 : 0) | (key === undefined ? 0 : 32))
  if (origin) to.uint(origin[0]).uint(origin[1])
  if (right) to.uint(right[0]).uint(right[1])
  if (!origin && !right) {
    if (typeof parent === 'string') to.uint(1).string(parent)
    else to.uint(0).uint(parent[0]).uint(parent[1])
    if (key !== undefined) to.string(key)
  }
  return to.raw(content).bytes().slice()
}

export function craftText(text: string, place?: CraftedPlace): Uint8Array {
  return craftItem(4, new ByteWriter().string(text).bytes(), place)
}

/** A shared type: 0 array, 1 map, 2 text, 4 fragment, 6 XML text. */
export function craftType(ref: number, place?: CraftedPlace): Uint8Array {
  return craftItem(7, Uint8Array.of(ref), place)
}

export function craftGc(length: number): Uint8Array {
  return new ByteWriter().byte(0).uint(length).bytes().slice()
}

export function craftSkip(length: number): Uint8Array {
  return new ByteWriter().byte(10).uint(length).bytes().slice()
}

/** A plain value in its array: lib0's "any" bytes of each element. */
export function craftAny(values: readonly Uint8Array[], place?: CraftedPlace): Uint8Array {
  const to = new ByteWriter().uint(values.length)
  for (const value of values) to.raw(value)
  return craftItem(8, to.bytes(), place)
}

/** A struct whose content is one JSON text: an embed. */
export function craftEmbed(json: string, place?: CraftedPlace): Uint8Array {
  return craftItem(5, new ByteWriter().string(json).bytes(), place)
}
