import { IndexedDbLog, type IndexedDbLogOptions } from './indexeddb-log.ts'
import type { LocalLog } from './local-log.ts'
import { MemoryLocalLog } from './memory-local-log.ts'

/**
 * The device's log, or its stand-in in memory (`survives` is false) where there is no IndexedDB, or none that opens within
 * `openTimeoutMs`.
 */
export async function openLocalLog(options: IndexedDbLogOptions): Promise<LocalLog> {
  const standIn = () => new MemoryLocalLog({ random: options.env.random })
  const factory = options.factory ?? (globalThis as { indexedDB?: IDBFactory }).indexedDB
  if (factory === undefined || factory === null) return standIn()
  const log = new IndexedDbLog({ ...options, factory })
  try {
    await log.readSetting('device')
    return log
  } catch {
    await log.close()
    return standIn()
  }
}
