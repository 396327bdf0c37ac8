import { systemEnv } from '@tutti/core'
import { DeferredLog } from './deferred-log.ts'
import type { LocalLog, PendingCount } from './persistence/local-log.ts'
import { openLocalLog } from './persistence/open-local-log.ts'

let shared: LocalLog | undefined

/**
 * The log of this device that all providers share unless they are given another one: IndexedDB, database "tutti". Where
 * there is none it stands in for it in memory, and `survives` is false.
 */
export function deviceLog(): LocalLog {
  shared ??= new DeferredLog(openLocalLog({ env: systemEnv }))
  return shared
}

/** Edits on this device that no server has confirmed, over all documents: counted on the device, so it survives reloads. */
export async function pendingOverall(log: LocalLog = deviceLog()): Promise<PendingCount> {
  let edits = 0
  let bytes = 0
  for (const count of (await log.pending()).values()) {
    edits += count.edits
    bytes += count.bytes
  }
  return { edits, bytes }
}
