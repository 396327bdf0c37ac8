import type { Token } from '../connection/connection-options.ts'
import type { ProviderOptions } from '../provider-options.ts'
import { SharedRoom } from './shared-room.ts'

/** What is the same for all documents of a server. Read when a room opens; a later change is for rooms opened later. */
export type ServerOptions = Omit<ProviderOptions, 'token' | 'awareness' | 'seed'>

/** The rooms of one server, by name. Nothing is opened before somebody holds a room. */
export class Rooms {
  readonly url: string
  readonly #rooms = new Map<string, SharedRoom>()
  #token: Token = ''
  #options: ServerOptions = {}

  constructor(url: string) {
    this.url = url
  }

  /** From now on; connections stay, and ask for the new token when they need one. */
  configure(token: Token | undefined, options: ServerOptions | undefined): void {
    this.#token = token ?? ''
    this.#options = options ?? {}
  }

  room(name: string): SharedRoom {
    const room =
      this.#rooms.get(name) ?? new SharedRoom(name, () => ({ ...this.#options, url: this.url, token: this.#askToken }))
    this.#rooms.set(name, room)
    return room
  }

  /** One function for all rooms, whatever the app passes: rooms with the same token share a connection (SPEC CLI14). */
  readonly #askToken = (): string | Promise<string> => {
    return typeof this.#token === 'function' ? this.#token() : this.#token
  }
}
