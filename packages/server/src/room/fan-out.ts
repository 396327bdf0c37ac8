import { type AcceptedUpdate, type ScannedUpdate, type Seq, spliceUpdates } from '@tutti/core'
import type { Dialect } from './dialect.ts'
import type { Reader } from './reader.ts'
import type { RoomView } from './room-view.ts'

/** One edit of a batch that has become durable; `update` is null where it brought nothing new. */
interface Written {
  readonly reader: Reader
  readonly update: AcceptedUpdate | null
  /** Only a seed wants to hear what became of it; whoever brought it does not hold it itself. */
  readonly tell: ((stored: boolean) => void) | null
}

/**
 * Shows what has just become durable, `before` + 1 to the head, to every reader that was sent all of the log before it:
 * framed once per dialect, the same bytes for everyone (SPEC ROOM3). A reader whose socket is full is left behind where
 * it stands. One that made all of it itself is only moved on.
 */
export function fanOut(room: RoomView, before: Seq, written: readonly Written[]): void {
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
        update ??= merged(written)
        frame = reader.dialect.push(room.channel, before + 1, room.head, update)
        frames.set(reader.dialect, frame)
      }
      reader.wire.write(frame)
    }
    reader.cursor = room.head
  }
}

function merged(written: readonly Written[]): Uint8Array {
  const scans: ScannedUpdate[] = []
  for (const { update } of written) if (update !== null) scans.push(update.scan)
  const [only] = scans
  return only !== undefined && scans.length === 1 ? only.bytes : spliceUpdates(scans)
}

function soleAuthor(written: readonly Written[]): Reader | null {
  const first = written.find(({ update }) => update !== null)?.reader ?? null
  return written.every(({ reader, update, tell }) => update === null || (reader === first && tell === null))
    ? first
    : null
}
