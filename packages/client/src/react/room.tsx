import { createContext, type ReactElement, type ReactNode, useContext, useEffect } from 'react'
import type { RoomOptions, SharedRoom } from './shared-room.ts'
import { useRooms } from './tutti-provider.tsx'
import { useLatest } from './use-latest.ts'

export interface RoomProps {
  /** Name of the document. Another one closes this document and opens that. */
  readonly name: string
  /** Read when the room opens: another object later changes nothing. */
  readonly options?: RoomOptions
  readonly children?: ReactNode
}

const RoomContext = createContext<SharedRoom | null>(null)

/**
 * A document for the hooks below it, open while this is mounted. Rooms of one name share a provider; of nested rooms the
 * hooks mean the innermost.
 */
export function Room({ name, options, children }: RoomProps): ReactElement {
  const room = useRooms().room(name)
  const latest = useLatest(options)
  useEffect(() => room.hold(latest.current), [room, latest])
  return <RoomContext.Provider value={room}>{children}</RoomContext.Provider>
}

/** Throws outside of `<Room>`. */
export function useRoom(): SharedRoom {
  const room = useContext(RoomContext)
  if (room === null) throw new Error('this hook needs a <Room> above it')
  return room
}
