import { systemEnv } from '@tutti/core'
import { useEffect } from 'react'
import type { ConnectionStatus } from '../connection-status.ts'
import type { PendingCount } from '../persistence/local-log.ts'
import type { Provider } from '../provider.ts'
import { isSameSaving, type SavingState } from '../sync/saving-state.ts'
import { savingText } from '../sync/saving-text.ts'
import { providerSource, useOfProvider, useProvider } from './use-provider.ts'

/** A saving state, and what it says in English. */
export type SavingStatus = SavingState & { readonly text: string }

/** Whether there is a connection. */
export function useStatus(): ConnectionStatus {
  return useOfProvider(readStatus)
}

/** What people should be told about their work, true to the letter; the seconds until the next attempt count down. */
export function useSyncStatus(): SavingStatus {
  const provider = useProvider()
  const status = useOfProvider(readSaving, isSameStatus)
  useEffect(() => {
    if (provider === null || status.kind !== 'reconnecting' || status.inMs === 0) return
    const { timers } = provider.configuration.env ?? systemEnv
    return timers.after(status.inMs % 1_000 || 1_000, providerSource(provider).changed)
  }, [provider, status])
  return status
}

/** Edits of the document that are not on the server's disk. */
export function usePending(): PendingCount {
  return useOfProvider(readPending, isSamePending)
}

const nothing: PendingCount = { edits: 0, bytes: 0 }
const readStatus = (provider: Provider | null): ConnectionStatus => provider?.status ?? 'disconnected'
const readPending = (provider: Provider | null): PendingCount => provider?.pending ?? nothing
const isSamePending = (a: PendingCount, b: PendingCount): boolean => a.edits === b.edits && a.bytes === b.bytes
const isSameStatus: (a: SavingStatus, b: SavingStatus) => boolean = isSameSaving

function readSaving(provider: Provider | null): SavingStatus {
  const saving: SavingState = provider?.saving ?? { kind: 'loading' }
  return { ...saving, text: savingText(saving) }
}
