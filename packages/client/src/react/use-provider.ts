import { useCallback, useEffect, useSyncExternalStore } from 'react'
import type { Provider, ProviderEvents } from '../provider.ts'
import { useRoom } from './room.tsx'
import { Source, sourceOf } from './source.ts'
import { useLatest } from './use-latest.ts'
import { useSelected } from './use-selected.ts'

/** The room's provider. `null` on a server, and in the first render of a room: it opens once it is mounted. */
export function useProvider(): Provider | null {
  const room = useRoom()
  return useSyncExternalStore(
    room.source.subscribe,
    () => room.provider,
    () => null,
  )
}

/** Calls `listener`, always the one rendered last, at an event of the provider, while this is mounted. */
export function useProviderEvent<Name extends keyof ProviderEvents>(name: Name, listener: ProviderEvents[Name]): void {
  const provider = useProvider()
  const latest = useLatest<(...args: never[]) => void>(listener)
  useEffect(() => {
    if (provider === null) return
    const heard = ((...args: never[]) => latest.current(...args)) as ProviderEvents[Name]
    provider.on(name, heard)
    return () => provider.off(name, heard)
  }, [provider, name, latest])
}

/** What `select` reads of the provider, anew whenever it tells of a change. `select` must not be a new one every time. */
export function useOfProvider<T>(select: (provider: Provider | null) => T, isEqual?: (a: T, b: T) => boolean): T {
  const provider = useProvider()
  const read = useCallback(() => select(provider), [provider, select])
  return useSelected(provider === null ? still : providerSource(provider), read, isEqual)
}

/** Connection, saving and permission of a provider. */
export function providerSource(provider: Provider): Source {
  return sourceOf(provider, changed => {
    for (const name of ['status', 'synced', 'saving-state', 'unsyncedChanges'] as const) provider.on(name, changed)
  })
}

const still = new Source()
