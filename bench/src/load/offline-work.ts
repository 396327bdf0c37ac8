/** Two people who edit the same text without hearing of each other, made with Yjs once and put into many documents. */
import * as Y from 'yjs'
import { textName } from './typist.ts'

export interface OfflineWork {
  /** What both had before. */
  readonly base: Uint8Array
  /** What was written meanwhile by the one who was connected, a hundred edits in each update. */
  readonly online: { readonly author: number; readonly clock: number; readonly updates: readonly Uint8Array[] }
  /** What the one who was away has, over the base, and the state vector to come back with. */
  readonly offline: {
    readonly author: number
    readonly clock: number
    readonly update: Uint8Array
    readonly stateVector: Uint8Array
  }
  /** The text when all is merged. */
  readonly text: string
}

const authors = { base: 0x1111_0001, online: 0x1111_0002, offline: 0x1111_0003 } as const
const baseCharacters = 10_000
const editsInAnUpdate = 100

export function offlineWork(edits: number): OfflineWork {
  const start = new Y.Doc()
  start.clientID = authors.base
  start.getText(textName).insert(0, 'all work and no play '.repeat(500).slice(0, baseCharacters))
  const base = Y.encodeStateAsUpdate(start)
  const baseVector = Y.encodeStateVector(start)

  const online = edited(base, authors.online, edits, 1)
  const offline = edited(base, authors.offline, edits, 2)
  const update = Y.encodeStateAsUpdate(offline.doc, baseVector)
  const stateVector = Y.encodeStateVector(offline.doc)
  const updates: Uint8Array[] = []
  for (let from = 0; from < edits; from += editsInAnUpdate)
    updates.push(Y.mergeUpdates(online.updates.slice(from, from + editsInAnUpdate)))
  Y.applyUpdate(online.doc, update)
  return {
    base,
    online: { author: authors.online, clock: online.clock, updates },
    offline: { author: authors.offline, clock: offline.clock, update, stateVector },
    text: online.doc.getText(textName).toString(),
  }
}

/** Typing in bursts here and there, one in seven strokes a correction. */
function edited(
  base: Uint8Array,
  author: number,
  edits: number,
  seed: number,
): { readonly doc: Y.Doc; readonly clock: number; readonly updates: readonly Uint8Array[] } {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, base)
  doc.clientID = author
  const text = doc.getText(textName)
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  let at = 0
  for (let edit = 0; edit < edits; edit += 1) {
    if (edit % 50 === 0) at = random(text.length)
    if (at > 0 && random(7) === 0) text.delete((at -= 1), 1)
    else text.insert(at++, String.fromCharCode(97 + random(26)))
  }
  return { doc, clock: Y.getState(doc.store, author), updates }
}
