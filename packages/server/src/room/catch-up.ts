import {
  type Entry,
  type ScannedUpdate,
  type Seq,
  scanUpdate,
  spliceUpdates,
  storedLimits,
  type UpdateLog,
} from '@tutti/core'
import type { Reader } from './reader.ts'
import type { RoomView } from './room-view.ts'

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
        reader.wire.write(piece)
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
  if (from >= room.tail.reachesBackTo) {
    const entries = room.tail.after(from, stepBytes)
    send(
      room,
      reader,
      from,
      from + entries.length,
      entries.map(entry => entry.scan),
    )
    return
  }
  const entries = from >= room.checkpointSeq ? await readFrom(log, room, from) : []
  if (reader.cursor !== from) return
  const scans = from + 1 === entries[0]?.seq ? scanAll(entries) : null
  if (scans !== null) send(room, reader, from, from + entries.length, scans)
  else {
    // The log no longer goes back that far: the whole state says the same.
    const frame = reader.dialect.push(room.channel, from + 1, room.head, room.diff(reader.known ?? undefined))
    reader.wire.write(frame)
    reader.cursor = room.head
  }
}

async function readFrom(log: UpdateLog, room: RoomView, from: Seq): Promise<readonly Entry[]> {
  try {
    return await log.read(room.doc, from, stepBytes)
  } catch {
    // Unreadable just now: the state in memory serves instead.
    return []
  }
}

function scanAll(entries: readonly Entry[]): ScannedUpdate[] | null {
  const scans: ScannedUpdate[] = []
  for (const entry of entries) {
    const scan = scanUpdate(entry.bytes, storedLimits)
    if (!scan.ok) return null
    scans.push(scan.value)
  }
  return scans
}

function send(room: RoomView, reader: Reader, from: Seq, to: number, scans: readonly ScannedUpdate[]): void {
  const [only] = scans
  const update = only !== undefined && scans.length === 1 ? only.bytes : spliceUpdates(scans)
  reader.wire.write(reader.dialect.push(room.channel, from + 1, to, update))
  reader.cursor = to as Seq
}
