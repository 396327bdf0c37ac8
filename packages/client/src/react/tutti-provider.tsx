import { createContext, type ReactElement, type ReactNode, useContext, useInsertionEffect, useMemo } from 'react'
import type { Token } from '../connection/connection-options.ts'
import { Rooms, type ServerOptions } from './rooms.ts'

export interface TuttiProviderProps {
  /** Address of the server. Another one closes the rooms and opens them there. */
  readonly url: string
  /** As in `ProviderOptions`. The one rendered last is asked at the next attempt; nothing is reconnected for it. */
  readonly token?: Token
  /** For every room that opens from now on. */
  readonly options?: ServerOptions
  readonly children?: ReactNode
}

const RoomsContext = createContext<Rooms | null>(null)

/** Says which server the rooms below it are on. They share one connection, made when the first of them is mounted. */
export function TuttiProvider({ url, token, options, children }: TuttiProviderProps): ReactElement {
  const rooms = useMemo(() => new Rooms(url), [url])
  useInsertionEffect(() => rooms.configure(token, options), [rooms, token, options])
  return <RoomsContext.Provider value={rooms}>{children}</RoomsContext.Provider>
}

/** Throws outside of `<TuttiProvider>`. */
export function useRooms(): Rooms {
  const rooms = useContext(RoomsContext)
  if (rooms === null) throw new Error('<Room> needs a <TuttiProvider> above it')
  return rooms
}
