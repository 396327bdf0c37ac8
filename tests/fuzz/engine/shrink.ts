import { concatBytes } from '@tutti/core'

/** Whether a smaller input is as good. */
type StillFits = (input: Uint8Array) => Promise<boolean>

/** A small input that still fits, found in at most `tries` tries: pieces are left out, then bytes made 0. */
export async function shrunk(input: Uint8Array, fits: StillFits, tries: number): Promise<Uint8Array> {
  let best: Uint8Array = input.slice()
  let left = tries
  for (let size = best.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < best.length && left > 0; left--) {
      const shorter = concatBytes([best.subarray(0, at), best.subarray(at + size)])
      if (await fits(shorter)) best = shorter
      else at += size
    }
  }
  for (let at = 0; at < best.length && left > 0; at++) {
    if (best[at] === 0) continue
    const plainer = best.slice()
    plainer[at] = 0
    left--
    if (await fits(plainer)) best = plainer
  }
  return best
}
