import {
  type Channel,
  type DocName,
  type Env,
  type Epoch,
  type Finding,
  randomWord,
  type Seq,
  TuttiError,
  type UpdateLog,
} from '@tutti/core'
import type { Counts } from '../runtime/counts.ts'
import { foldStored } from './fold-stored.ts'
import { Room } from './room.ts'
import type { StoreHealth } from './store-health.ts'

const epochLetters = 20

/**
 * Reads a document from its log into a room. What does not pass the gate again is a finding: such a document can be read,
 * and never written (SPEC ROOM11). Rejects when the store cannot be read at all, and `deleted` for a deleted document.
 */
export async function loadRoom(
  doc: DocName,
  channel: Channel,
  log: UpdateLog,
  health: StoreHealth,
  env: Env,
  counts: Counts,
  damaged: (finding: Finding) => void,
): Promise<Room> {
  const opened = await log.open(doc)
  if (opened.deleted !== null) throw new TuttiError('deleted', 'the document was deleted')
  const { state, misfits } = foldStored(opened)
  const { checkpoint } = opened
  const findings = [...opened.findings, ...misfits.map(({ kind, seq }) => misfit(kind, doc, seq))]
  return new Room({
    doc,
    channel,
    log,
    health,
    env,
    counts,
    state,
    head: opened.head,
    checkpointSeq: checkpoint?.seq ?? (0 as Seq),
    epoch: opened.epoch,
    findings,
    damaged,
    newEpoch: randomWord(env.random, epochLetters) as Epoch,
  })
}

function misfit(kind: Finding['kind'], doc: DocName, at: Seq): Finding {
  return { kind, doc, from: at, to: at, message: 'it does not fit to what is stored before it' }
}
