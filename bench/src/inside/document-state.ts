/**
 * Runs in a process of its own with `--expose-gc`: what one update costs a relay's logic, and what an open document
 * costs in memory, for the relay's document state or for a `Y.Doc`. Prints one JSON object.
 */
import { AcceptedState, judge, scanUpdate, storedLimits, wireLimits, type UpdateLimits } from '@tutti/core'
import * as Y from 'yjs'
import { readTrace, stateOf } from '../load/trace.ts'

const [kind, traceFile] = process.argv.slice(2)
const smallCopies = 1000
const largeCopies = 5

function take(state: AcceptedState, bytes: Uint8Array, limits: UpdateLimits): void {
  const scan = scanUpdate(bytes, limits)
  if (!scan.ok) throw new Error(scan.error.message)
  const verdict = judge(state, scan.value, { limits, mayExtend: () => true, takePart: false })
  if (verdict.kind !== 'new') throw new Error(`an update of the trace was ${verdict.kind}`)
  state.accept(verdict.update)
  state.settle(verdict.update)
}

function typed(updates: readonly Uint8Array[]): unknown {
  if (kind === 'y-doc') {
    const doc = new Y.Doc()
    // A relay on Y.Doc sends what the update event brings, so it has a listener.
    doc.on('update', () => {})
    for (const update of updates) Y.applyUpdate(doc, update)
    return doc
  }
  const state = new AcceptedState()
  for (const update of updates) take(state, update, wireLimits)
  return state
}

function loaded(snapshot: Uint8Array): unknown {
  if (kind === 'y-doc') return typed([snapshot])
  const state = new AcceptedState()
  take(state, snapshot, storedLimits)
  return state
}

function memory(): number {
  for (let round = 0; round < 4; round += 1) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Bytes of memory for each of `count` things that `make` makes. */
function bytesEach(count: number, make: () => unknown): number {
  make()
  const before = memory()
  const held = Array.from({ length: count }, make)
  const bytes = (memory() - before) / held.length
  return held.length === count ? bytes : Number.NaN
}

const { updates } = readTrace(String(traceFile))
let best = Number.POSITIVE_INFINITY
for (let round = 0; round < 3; round += 1) {
  const startedAt = performance.now()
  typed(updates)
  best = Math.min(best, performance.now() - startedAt)
}

// Real editing, not one run of typing: about a thousand characters with their corrections.
const small = stateOf(updates.slice(0, 1_100))
const large = stateOf(updates)
// As stored bytes come: each copy its own, not a view that keeps a larger buffer alive.
const own = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes)

console.log(
  JSON.stringify({
    usPerUpdate: (best * 1000) / updates.length,
    smallKiB: bytesEach(smallCopies, () => loaded(own(small))) / 1024,
    largeKiB: bytesEach(largeCopies, () => loaded(own(large))) / 1024,
    smallSnapshotKiB: small.length / 1024,
    snapshotKiB: large.length / 1024,
  }),
)
