import type { Millis } from '@tutti/core'

/** As y-sweet has it. */
export interface SyncStatus {
  readonly connected: boolean
  readonly receivedInitialSync: boolean
  readonly localUpdatesSynced: boolean
  /** How long something has been pending; 0 when nothing is. */
  readonly localUpdatesAge: Millis
  /** Since the server was last heard; 0 when it is not connected. */
  readonly lastMessageAge: Millis
  readonly status: 'green' | 'yellow' | 'red'
}

/** Yellow turns red when something has been pending for this long. */
const patienceMs = 8_000

/** What `syncStatus` follows from. */
export interface SyncStatusFacts extends Omit<SyncStatus, 'status'> {
  readonly wantsConnection: boolean
}

export function syncStatus({ wantsConnection, ...facts }: SyncStatusFacts): SyncStatus {
  const { connected, receivedInitialSync, localUpdatesSynced, localUpdatesAge } = facts
  const isPatient = localUpdatesAge < patienceMs
  if (connected && receivedInitialSync && isPatient)
    return { ...facts, status: localUpdatesSynced ? 'green' : 'yellow' }
  return { ...facts, status: wantsConnection && isPatient ? 'yellow' : 'red' }
}
