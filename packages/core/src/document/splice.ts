import { ClientRun, sectionBytes } from './client-run.ts'
import { DeleteSet } from './delete-set.ts'
import { encodeRuns } from './encode-runs.ts'
import { field, type ScannedUpdate, structStride } from './scan.ts'
import { structKind } from './struct.ts'

/**
 * One Yjs V1 update that says the same as `updates` in their order, by copying byte ranges (SPEC DOC6). They must follow
 * each other as entries of one log do; a gap would be written as a Skip.
 */
export function spliceUpdates(updates: Iterable<ScannedUpdate>): Uint8Array {
  const runs = new Map<number, ClientRun>()
  const deleted = new DeleteSet()
  for (const { bytes, sections, structs, deletes } of updates) {
    for (const { client, first, count } of sections) {
      let run = runs.get(client)
      for (let at = first * structStride; at < (first + count) * structStride; at += structStride) {
        if (((structs[at + field.info] as number) & 31) === structKind.skip) continue
        if (run === undefined) {
          run = new ClientRun(client, structs[at + field.clock] as number, sectionBytes(structs, first, count))
          runs.set(client, run)
        }
        run.appendScanned(bytes, structs, at, 0)
      }
    }
    deleted.addAll(deletes)
  }
  return encodeRuns(runs.values(), run => run.start, deleted.encode())
}

/** A scanned update without what `clock` says is known already, cut as Yjs itself would cut it. */
export function cutUpdate(scan: ScannedUpdate, clock: (client: number) => number): Uint8Array {
  const { bytes, sections, structs, deletes } = scan
  const runs: ClientRun[] = []
  for (const { client, first, count } of sections) {
    const run = new ClientRun(client, clock(client), sectionBytes(structs, first, count))
    for (let at = first * structStride; at < (first + count) * structStride; at += structStride) {
      run.appendScanned(bytes, structs, at, 0)
    }
    runs.push(run)
  }
  const deleted = new DeleteSet()
  deleted.addAll(deletes)
  return encodeRuns(runs, run => run.start, deleted.encode())
}
