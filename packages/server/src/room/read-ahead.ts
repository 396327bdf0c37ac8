import { type Entry, noBytes, type Seq, type UpdateLog } from '@tutti/core'
import type { RoomView } from './room-view.ts'
import { spliceStored } from './stored.ts'

/** Beyond this many entries a state vector says it in fewer bytes, and sooner. */
const maxEntries = 100_000
const stepBytes = 4 * 1024 * 1024

/** Entries read from the log, and how far they reach. */
export interface ReadAhead {
  readonly updates: Uint8Array[]
  readonly at: Seq
}

/**
 * The log after `position`, from its history and its entries, up to where the room's tail in memory goes on. `null` when
 * that cannot be had, or would be more than a client should be sent entry by entry.
 */
export async function readAhead(room: RoomView, log: UpdateLog, position: Seq): Promise<ReadAhead | null> {
  if (position > room.head || room.head - position > maxEntries) return null
  const updates: Uint8Array[] = []
  let at: number = position
  try {
    if (at < room.checkpointSeq && at < room.tail.reachesBackTo) {
      const { checkpointSeq } = room
      const folded = await log.history(room.doc, (at + 1) as Seq, checkpointSeq)
      if (!append(updates, folded, at)) return null
      at += folded.length
    }
    while (at < room.tail.reachesBackTo) {
      const entries = upTo(room.head, await log.read(room.doc, at as Seq, stepBytes))
      if (entries.length === 0 || !append(updates, entries, at)) return null
      at += entries.length
    }
  } catch {
    return null
  }
  return { updates, at: at as Seq }
}

/**
 * Completes what was read with the tail, up to the head of this very moment, as one update. `null` when the tail has moved
 * on past it, or something cannot be read.
 */
export function upToHead(room: RoomView, read: ReadAhead): Uint8Array | null {
  if (read.at < room.tail.reachesBackTo) return null
  const updates = [...read.updates, ...room.tail.after(read.at, Number.POSITIVE_INFINITY)]
  return updates.length === 0 ? noBytes : spliceStored(updates)
}

/** The log may have more than the room has been told is durable: that is nobody's business yet (SPEC ROOM1). */
export function upTo(head: Seq, entries: readonly Entry[]): readonly Entry[] {
  const last = entries.at(-1)
  return last === undefined || last.seq <= head ? entries : entries.filter(entry => entry.seq <= head)
}

/** Adds entries that must follow position `at` without a gap. */
function append(updates: Uint8Array[], entries: readonly Entry[], at: number): boolean {
  for (const [i, entry] of entries.entries()) {
    if (entry.seq !== at + i + 1) return false
    updates.push(entry.bytes)
  }
  return true
}
