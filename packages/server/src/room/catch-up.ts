import type { Entry, Seq, UpdateLog } from '@tutti/core'
import type { Reader } from './reader.ts'
import { upTo } from './read-ahead.ts'
import type { RoomView } from './room-view.ts'
import { spliceStored } from './stored.ts'

/** Bytes of the log put into one frame for a reader that is behind. */
const stepBytes = 256 * 1024

/**
 * Serves a reader that is behind from its cursor, as long as its socket takes it, and makes it current when it has
 * reached the head (SPEC ROOM7). Memory per reader is one step, whatever it missed.
 */
export async function catchUp(room: RoomView, log: UpdateLog, reader: Reader): Promise<void> {
  if (reader.pumping) return
  reader.pumping = true
  try {
    while (reader.standing === 'behind' && reader.wire.hasRoom && room.readers.has(reader)) {
      const piece = reader.pieces.shift()
      if (piece !== undefined) {
        const frame = reader.dialect.piece(room.channel, piece)
        if (frame !== null) reader.wire.write(frame)
        continue
      }
      if (reader.cursor >= room.head) {
        reader.standing = 'current'
        break
      }
      await step(room, log, reader)
    }
  } finally {
    reader.pumping = false
  }
}

async function step(room: RoomView, log: UpdateLog, reader: Reader): Promise<void> {
  const from = reader.cursor
  if (from >= room.tail.reachesBackTo) return send(room, reader, from, room.tail.after(from, stepBytes))
  const entries = from >= room.checkpointSeq ? await readFrom(log, room, from) : []
  // Left, or served anew, while the log was read.
  if (reader.cursor !== from || !room.readers.has(reader)) return
  const isNext = entries[0]?.seq === from + 1
  const told = isNext ? upTo(room.head, entries) : []
  send(
    room,
    reader,
    from,
    told.map(entry => entry.bytes),
  )
}

async function readFrom(log: UpdateLog, room: RoomView, from: Seq): Promise<readonly Entry[]> {
  try {
    return await log.read(room.doc, from, stepBytes)
  } catch {
    // Unreadable just now: the state in memory serves instead.
    return []
  }
}

/** Sends the entries after `from`; where there are none any more, the whole state, which says the same. */
function send(room: RoomView, reader: Reader, from: Seq, entries: readonly Uint8Array[]): void {
  const update = entries.length === 0 ? null : spliceStored(entries)
  const to = update === null ? room.head : ((from + entries.length) as Seq)
  const bytes = update ?? room.diff(reader.known ?? undefined)
  reader.wire.write(reader.dialect.push(room.channel, from + 1, to, bytes))
  reader.cursor = to
}
