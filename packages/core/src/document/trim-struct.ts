import { varintLength, writeVarint } from '../base/bytes.ts'
import { ByteCursor } from '../base/byte-cursor.ts'
import { skipInt } from '../base/byte-skips.ts'
import { storedLimits } from './limits.ts'
import { emptyStructView, readStruct, type StructView, structKind } from './struct.ts'

const cursor = new ByteCursor(new Uint8Array(0))
const view = emptyStructView()

/**
 * The struct in `bytes[from..to)`, which begins at `clock` of `client`, without its first `offset` ticks: what Yjs itself
 * writes for the rest of a struct. The bytes must have passed `scanUpdate`.
 */
export function trimStruct(
  bytes: Uint8Array,
  from: number,
  to: number,
  client: number,
  clock: number,
  offset: number,
): Uint8Array {
  cursor.reset(bytes, from, to)
  readStruct(cursor, view, storedLimits)
  const content = trimContent(bytes, to, view, offset)
  if (view.kind === structKind.gc || view.kind === structKind.skip) return withHead(view.info, [], content)
  const head = [client, clock + offset - 1]
  if (view.rightClock >= 0) head.push(view.rightClient, view.rightClock)
  return withHead(view.info | 128, head, content)
}

function withHead(info: number, numbers: readonly number[], content: Uint8Array): Uint8Array {
  let length = 1 + content.length
  for (const number of numbers) length += varintLength(number)
  const out = new Uint8Array(length)
  out[0] = info
  let at = 1
  for (const number of numbers) at = writeVarint(out, at, number)
  out.set(content, at)
  return out
}

function trimContent(bytes: Uint8Array, to: number, struct: StructView, offset: number): Uint8Array {
  switch (struct.kind) {
    case structKind.gc:
    case structKind.skip:
    case structKind.deleted: {
      const rest = new Uint8Array(varintLength(struct.length - offset))
      writeVarint(rest, 0, struct.length - offset)
      return rest
    }
    case structKind.string:
      return trimString(bytes, struct.contentAt, to, offset)
    case structKind.any:
    case structKind.json: {
      // Steps over `offset` values by reading a struct that holds just those.
      cursor.reset(bytes, struct.contentAt, to)
      cursor.uint()
      for (let i = 0; i < offset; i++) skipValue(struct.kind)
      const tail = bytes.subarray(cursor.at, to)
      const count = struct.length - offset
      const rest = new Uint8Array(varintLength(count) + tail.length)
      rest.set(tail, writeVarint(rest, 0, count))
      return rest
    }
    default:
      throw new RangeError('only structs of several ticks can be trimmed')
  }
}

function skipValue(kind: number): void {
  if (kind === structKind.json) cursor.skip(cursor.uint())
  else skipPlain()
}

/** Steps over one lib0 "any" value that is known to be well formed. */
function skipPlain(): void {
  switch (cursor.byte()) {
    case 125:
      skipInt(cursor)
      return
    case 124:
      cursor.skip(4)
      return
    case 123:
    case 122:
      cursor.skip(8)
      return
    case 119:
    case 116:
      cursor.skip(cursor.uint())
      return
    case 118: {
      const count = cursor.uint()
      for (let i = 0; i < count; i++) {
        cursor.skip(cursor.uint())
        skipPlain()
      }
      return
    }
    case 117: {
      const count = cursor.uint()
      for (let i = 0; i < count; i++) skipPlain()
      return
    }
    default:
      return
  }
}

const replacement = [0xef, 0xbf, 0xbd]

/** Drops `offset` UTF-16 units. A cut inside a surrogate pair leaves U+FFFD for the second half, as Yjs does. */
function trimString(bytes: Uint8Array, contentAt: number, to: number, offset: number): Uint8Array {
  cursor.reset(bytes, contentAt, to)
  cursor.uint()
  let at = cursor.at
  let units = 0
  let halved = false
  while (units < offset) {
    const byte = bytes[at] as number
    if (byte >= 0xf0) {
      at += 4
      units += 2
      halved = units > offset
    } else {
      at += byte < 0x80 ? 1 : byte < 0xe0 ? 2 : 3
      units++
    }
  }
  const length = to - at + (halved ? 3 : 0)
  const rest = new Uint8Array(varintLength(length) + length)
  let write = writeVarint(rest, 0, length)
  if (halved) {
    rest.set(replacement, write)
    write += 3
  }
  rest.set(bytes.subarray(at, to), write)
  return rest
}
