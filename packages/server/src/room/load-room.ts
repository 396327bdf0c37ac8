import {
  AcceptedState,
  type Channel,
  type DocName,
  type Entry,
  type Env,
  type Epoch,
  type Finding,
  randomWord,
  type Seq,
  type UpdateLog,
} from '@tutti/core'
import { Room } from './room.ts'
import type { StoreHealth } from './store-health.ts'
import { addStored, spliceStored } from './stored.ts'

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
  if (checkpoint !== null && !addStored(state, checkpoint.bytes)) {
    findings.push(misfit('damaged-checkpoint', doc, checkpoint.seq))
  }
  for (let at = 0; at < opened.entries.length; at += stretchLength) {
    for (const seq of addStretch(state, opened.entries.slice(at, at + stretchLength))) {
      findings.push(misfit('damaged-entry', doc, seq))
    }
  }
  return new Room({
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
}

/** Entries that are spliced before they are judged: keystrokes become runs, and the gate sees hundreds of structs as one. */
const stretchLength = 4_096

/** Adds entries in their order. Returns the positions of those that do not fit; only then are they looked at one by one. */
function addStretch(state: AcceptedState, entries: readonly Entry[]): readonly Seq[] {
  const spliced = spliceStored(entries.map(entry => entry.bytes))
  if (spliced !== null && addStored(state, spliced)) return []
  return entries.filter(entry => !addStored(state, entry.bytes)).map(entry => entry.seq)
}

function misfit(kind: Finding['kind'], doc: DocName, at: Seq): Finding {
  return { kind, doc, from: at, to: at, message: 'it does not fit to what is stored before it' }
}
