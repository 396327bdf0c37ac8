import { AcceptedState, type Finding, type OpenedDocument, type Seq, UpdateSplicer } from '@tutti/core'
import { addStored } from './stored.ts'

/** What the store has of a document, as one state. */
export interface FoldedDocument {
  readonly state: AcceptedState
  /** What does not fit to what is stored before it, and was left out. */
  readonly misfits: readonly Misfit[]
}

export interface Misfit {
  readonly kind: Extract<Finding['kind'], 'damaged-checkpoint' | 'damaged-entry'>
  readonly seq: Seq
}

/**
 * Folds a checkpoint and the updates after it into a state. Everything passes the gate again, many updates at a time:
 * keystrokes become runs before they are judged. Only where that does not work out are entries looked at one by one.
 */
export function foldStored(opened: OpenedDocument): FoldedDocument {
  return foldTogether(opened) ?? foldOneByOne(opened)
}

/** Updates that are spliced before they are judged: the gate sees hundreds of structs as one. */
const stretchLength = 16_384

/** Null when something does not fit. */
function foldTogether(opened: OpenedDocument): FoldedDocument | null {
  const { checkpoint } = opened
  const state = new AcceptedState()
  let fits = checkpoint === null || addStored(state, checkpoint.bytes)
  let splicer = new UpdateSplicer()
  let count = 0
  const addStretch = () => {
    if (count === 0) return
    fits &&= addStored(state, splicer.encode())
    splicer = new UpdateSplicer()
    count = 0
  }
  opened.eachUpdate((bytes, from, to) => {
    if (!fits) return
    fits = splicer.add(bytes, from, to)
    if (++count === stretchLength) addStretch()
  })
  addStretch()
  return fits ? { state, misfits: [] } : null
}

function foldOneByOne({ checkpoint, entries }: OpenedDocument): FoldedDocument {
  const state = new AcceptedState()
  const misfits: Misfit[] = []
  if (checkpoint !== null && !addStored(state, checkpoint.bytes)) {
    misfits.push({ kind: 'damaged-checkpoint', seq: checkpoint.seq })
  }
  for (const { bytes, seq } of entries) {
    if (!addStored(state, bytes)) misfits.push({ kind: 'damaged-entry', seq })
  }
  return { state, misfits }
}
