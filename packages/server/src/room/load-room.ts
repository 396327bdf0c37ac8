import {
  AcceptedState,
  type Channel,
  type DocName,
  type Env,
  type Epoch,
  type Finding,
  judge,
  randomWord,
  type Seq,
  scanUpdate,
  storedLimits,
  type UpdateLog,
} from '@tutti/core'
import { Room } from './room.ts'
import type { StoreHealth } from './store-health.ts'

const epochLetters = 20

/**
 * Reads a document from its log into a room. What does not pass the gate again is a finding: such a document can be read,
 * and never written (SPEC ROOM11). Rejects when the store cannot be read at all.
 */
export async function loadRoom(
  doc: DocName,
  channel: Channel,
  log: UpdateLog,
  health: StoreHealth,
  env: Env,
): Promise<Room> {
  const opened = await log.open(doc)
  const state = new AcceptedState()
  const findings: Finding[] = [...opened.findings]
  const { checkpoint } = opened
  if (checkpoint !== null && !fold(state, checkpoint.bytes)) {
    findings.push(misfit('damaged-checkpoint', doc, checkpoint.seq))
  }
  let tailBytes = 0
  for (const entry of opened.entries) {
    tailBytes += entry.bytes.length
    if (!fold(state, entry.bytes)) findings.push(misfit('damaged-entry', doc, entry.seq))
  }
  const room = new Room({
    doc,
    channel,
    log,
    health,
    env,
    state,
    head: opened.head,
    checkpointSeq: checkpoint?.seq ?? (0 as Seq),
    epoch: opened.epoch,
    findings,
    newEpoch: randomWord(env.random, epochLetters) as Epoch,
  })
  room.tailEntries = opened.entries.length
  room.tailBytes = tailBytes
  return room
}

const stored = { limits: storedLimits, mayExtend: () => true, takePart: false }

/** Adds one stored update to a state. False when it does not fit there. */
export function fold(state: AcceptedState, bytes: Uint8Array): boolean {
  const scan = scanUpdate(bytes, storedLimits)
  if (!scan.ok) return false
  const verdict = judge(state, scan.value, stored)
  if (verdict.kind === 'known') return true
  if (verdict.kind !== 'new') return false
  state.settle(verdict.update)
  return true
}

function misfit(kind: Finding['kind'], doc: DocName, at: Seq): Finding {
  return { kind, doc, from: at, to: at, message: 'it does not fit to what is stored before it' }
}
