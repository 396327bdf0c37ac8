import { useCallback, useSyncExternalStore } from 'react'
import type { Awareness } from 'y-protocols/awareness'
import { useRoom } from './room.tsx'
import { Source, sourceOf } from './source.ts'
import { useSelected } from './use-selected.ts'

/** Somebody who has the document open. `state` comes from their app unchecked: any part of it may be missing. */
export interface Peer<State> {
  readonly clientId: number
  readonly state: Readonly<Partial<State>>
}

type AnyState = Record<string, unknown>
type Peers = readonly Peer<AnyState>[]

/** What others see of us; `null` while there is nothing to see. */
export function useSelf<State extends object = AnyState>(): Peer<State> | null {
  const [self] = usePeers(readSelf)
  return (self as Peer<State> | undefined) ?? null
}

/** Who else has the document open. Nobody while there is no connection. */
export function useOthers<State extends object = AnyState>(): readonly Peer<State>[] {
  return usePeers(readOthers) as readonly Peer<State>[]
}

/** What others see of us, and a function that puts a patch over it; it may be called before the room is open. */
export function useMyPresence<State extends object = AnyState>(): readonly [
  state: Readonly<Partial<State>>,
  update: (patch: Readonly<Partial<State>>) => void,
] {
  const room = useRoom()
  const update = useCallback((patch: Readonly<Partial<State>>) => room.updatePresence({ ...patch }), [room])
  return [useSelf<State>()?.state ?? (nothing as Readonly<Partial<State>>), update]
}

function usePeers(select: (awareness: Awareness | null) => Peers): Peers {
  const room = useRoom()
  const awareness = useSyncExternalStore(
    room.source.subscribe,
    () => room.provider?.awareness ?? null,
    () => null,
  )
  const source = awareness === null ? still : sourceOf(awareness, changed => awareness.on('change', changed))
  const read = useCallback(() => select(awareness), [awareness, select])
  return useSelected(source, read, isSamePeers)
}

const nothing = {}
const nobody: Peers = []
const still = new Source()

function readSelf(awareness: Awareness | null): Peers {
  const state = awareness?.getLocalState() ?? null
  return awareness === null || state === null ? nobody : [{ clientId: awareness.clientID, state }]
}

function readOthers(awareness: Awareness | null): Peers {
  if (awareness === null) return nobody
  return [...awareness.getStates()].flatMap(([clientId, state]) =>
    clientId !== awareness.clientID && isObject(state) ? [{ clientId, state }] : [],
  )
}

/** Whoever is there may send any JSON. */
function isObject(state: unknown): state is AnyState {
  return typeof state === 'object' && state !== null && !Array.isArray(state)
}

/** A state is replaced when it changes, never changed. */
function isSamePeers(a: Peers, b: Peers): boolean {
  return a.length === b.length && a.every((peer, i) => peer.clientId === b[i]?.clientId && peer.state === b[i].state)
}
