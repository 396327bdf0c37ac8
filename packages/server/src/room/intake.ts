import {
  type AcceptedState,
  type Failure,
  failure,
  field,
  judge,
  resyncLimits,
  type ScannedUpdate,
  scanUpdate,
  structStride,
  type UpdateLimits,
  type AcceptedUpdate,
} from '@tutti/core'
import type { Leases } from './leases.ts'
import type { Reader } from './reader.ts'

export type Intake =
  | { readonly kind: 'new'; readonly update: AcceptedUpdate; readonly left: Failure | null }
  | { readonly kind: 'known'; readonly left: Failure | null }
  | { readonly kind: 'refused'; readonly failure: Failure }

/**
 * The way in for bytes from a peer: bounded decode, then the gate (SPEC UPD1 to UPD7, ROOM6). While resynchronising what
 * cannot be taken yet is left out, and named in `left`. Changes nothing but leases.
 */
export function takeIn(
  state: AcceptedState,
  leases: Leases,
  reader: Reader,
  bytes: Uint8Array,
  resync: boolean,
  limits: UpdateLimits,
): Intake {
  const read = resync ? resyncLimits : limits
  const scan = scanUpdate(bytes, read)
  if (!scan.ok) return { kind: 'refused', failure: scan.error }
  const mayExtend = (client: number) => leases.mayExtend(client, reader, resync)
  const verdict = judge(state, scan.value, { limits, mayExtend, takePart: resync })
  if (verdict.kind === 'part') {
    const part = scanUpdate(verdict.bytes, read)
    const again = part.ok ? judge(state, part.value, { limits, mayExtend, takePart: false }) : null
    if (again?.kind === 'new') return { kind: 'new', update: again.update, left: verdict.failure }
    return { kind: 'known', left: verdict.failure }
  }
  if (verdict.kind === 'known') return { kind: 'known', left: null }
  if (verdict.kind === 'refused') return verdict
  noteIntroduced(state, leases, reader, scan.value, resync)
  // Only live edits say who somebody is; what is carried while resynchronising may be anyone's.
  if (!resync && !claimAll(state, leases, reader, scan.value)) {
    return { kind: 'refused', failure: failure('over-limit', 'one connection writes as too many clients') }
  }
  return { kind: 'new', update: verdict.update, left: null }
}

/** An id that nobody has seen is its writer's: in a live edit any, among what is carried only the one it named as its own. */
function noteIntroduced(
  state: AcceptedState,
  leases: Leases,
  reader: Reader,
  { sections }: ScannedUpdate,
  resync: boolean,
): void {
  for (const { client } of sections) {
    if (state.clock(client) === 0 && (!resync || client === reader.client)) leases.introduced(client, reader)
  }
}

function claimAll(state: AcceptedState, leases: Leases, reader: Reader, scan: ScannedUpdate): boolean {
  for (const { client, first, count } of scan.sections) {
    if (client === reader.client) continue
    const at = (first + count - 1) * structStride
    const end = (scan.structs[at + field.clock] as number) + (scan.structs[at + field.length] as number)
    if (end > state.clock(client) && !leases.claim(client, reader)) return false
  }
  return true
}
