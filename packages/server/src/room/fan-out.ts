import { type Seq, spliceUpdates } from '@tutti/core'
import type { Dialect } from './dialect.ts'
import type { Reader } from './reader.ts'
import type { RoomView } from './room-view.ts'

/**
 * Shows what has just become durable, `before` + 1 to the head, to every reader that was sent all of the log before it:
 * framed once per dialect, the same bytes for everyone (SPEC ROOM3). A reader whose socket is full is left behind where
 * it stands. One that wrote all of it itself is only moved on.
 */
export function fanOut(room: RoomView, before: Seq, written: readonly { readonly reader: Reader }[]): void {
  const author = soleAuthor(written)
  const frames = new Map<Dialect, Uint8Array>()
  let update: Uint8Array | null = null
  for (const reader of room.readers) {
    if (reader.standing !== 'current' || reader.cursor !== before) continue
    if (reader !== author) {
      if (!reader.wire.hasRoom) {
        reader.standing = 'behind'
        continue
      }
      let frame = frames.get(reader.dialect)
      if (frame === undefined) {
        update ??= updateAfter(room, before)
        frame = reader.dialect.push(room.channel, before + 1, room.head, update)
        frames.set(reader.dialect, frame)
      }
      reader.wire.write(frame)
    }
    reader.cursor = room.head
  }
}

function updateAfter(room: RoomView, before: Seq): Uint8Array {
  const entries = room.tail.after(before, Number.POSITIVE_INFINITY)
  const [only] = entries
  if (only !== undefined && entries.length === 1) return only.scan.bytes
  return spliceUpdates(entries.map(entry => entry.scan))
}

function soleAuthor(written: readonly { readonly reader: Reader }[]): Reader | null {
  const first = written[0]?.reader ?? null
  return written.every(({ reader }) => reader === first) ? first : null
}
