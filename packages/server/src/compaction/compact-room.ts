import {
  AcceptedState,
  type Checkpoint,
  type CompactionReport,
  type Env,
  scanUpdate,
  storedLimits,
  type UpdateLog,
} from '@tutti/core'
import type { Room } from '../room/room.ts'
import { addStored } from '../room/stored.ts'
import type { Folder } from './folder.ts'

/**
 * Folds the durable state of a room into a checkpoint at its head (SPEC COM3, COM4). The fold is checked against the state
 * it came from before anything is stored: nothing known may be missing from it. Null when the room must be left alone.
 */
export async function compactRoom(
  room: Room,
  log: UpdateLog,
  folder: Folder,
  env: Env,
): Promise<CompactionReport | null> {
  if (room.findings.length > 0 || room.head === room.checkpointSeq) return null
  const at = room.head
  const vector = room.stateVector()
  const before = scanUpdate(room.diff(), storedLimits)
  if (!before.ok) throw new Error('the state does not read back')
  const { bytes, content } = await folder.fold(before.value.bytes)
  const folded = new AcceptedState()
  if (!addStored(folded, bytes)) throw new Error('the folded state does not read back')
  for (const [client, clock] of vector) {
    if (folded.clock(client) !== clock) throw new Error('the folded state lacks something')
  }
  const { deletes } = before.value
  for (let i = 0; i < deletes.length; i += 3) {
    if (!folded.isDeleted(deletes[i] as number, deletes[i + 1] as number, deletes[i + 2] as number)) {
      throw new Error('the folded state brings back something deleted')
    }
  }
  const checkpoint: Checkpoint = { seq: at, bytes, at: env.clock.now(), content }
  const report = await log.checkpoint(room.doc, checkpoint)
  room.checkpointed(at, folded)
  return report
}
