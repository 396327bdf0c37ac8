import * as Y from 'yjs'

/** Updates merged at once: Yjs takes quadratic time in their number, so many are merged in rounds. */
const atOnce = 64

/** One update that says what `updates` say in their order. */
export function mergeUpdates(updates: readonly Uint8Array[]): Uint8Array {
  let round = updates
  while (round.length > 1) {
    const next: Uint8Array[] = []
    for (let i = 0; i < round.length; i += atOnce) next.push(Y.mergeUpdates(round.slice(i, i + atOnce)))
    round = next
  }
  return round[0] ?? emptyUpdate
}

/** No structs, no deletions. */
const emptyUpdate: Uint8Array = new Uint8Array([0, 0])

export function isEmptyUpdate(update: Uint8Array): boolean {
  return update.length <= 2 && update.every(byte => byte === 0)
}
