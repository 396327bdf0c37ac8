import { type AcceptedState, judge, scanUpdate, storedLimits, UpdateSplicer } from '@tutti/core'

const options = { limits: storedLimits, mayExtend: () => true, takePart: false }

/** Adds one update from the store to a state, through the gate again. False when it does not fit there. */
export function addStored(state: AcceptedState, bytes: Uint8Array): boolean {
  const scan = scanUpdate(bytes, storedLimits)
  if (!scan.ok) return false
  const verdict = judge(state, scan.value, options)
  if (verdict.kind === 'new') state.settle(verdict.update)
  return verdict.kind === 'new' || verdict.kind === 'known'
}

/** Several updates from the store, which follow each other, as one. Null when one cannot be read. */
export function spliceStored(updates: readonly Uint8Array[]): Uint8Array | null {
  const [only] = updates
  if (only !== undefined && updates.length === 1) return only
  const splicer = new UpdateSplicer()
  for (const bytes of updates) if (!splicer.add(bytes, 0, bytes.length)) return null
  return splicer.encode()
}
