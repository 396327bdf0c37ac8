import { AcceptedState, type Checkpoint, type CompactionReport, type Env, type UpdateLog } from '@tutti/core'
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
  const { bytes, content } = await folder.fold(room.diff())
  const folded = new AcceptedState()
  if (!addStored(folded, bytes)) throw new Error('the folded state does not read back')
  for (const [client, clock] of vector) {
    if (folded.clock(client) !== clock) throw new Error('the folded state lacks something')
  }
  const checkpoint: Checkpoint = { seq: at, bytes, at: env.clock.now(), content }
  const report = await log.checkpoint(room.doc, checkpoint)
  room.checkpointed(at, folded)
  return report
}
