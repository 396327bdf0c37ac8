import type { Channel, ChannelPermission, ClientMessage } from '@tutti/core'
import type { Seat, Terms } from '../connection/member.ts'
import type { Phase } from './phase.ts'

type Unaddressed<M> = M extends { channel: Channel } ? Omit<M, 'channel'> : never

/** Where a document's talk with its server stands, and the way to say something there. */
export class Conversation {
  readonly #changed: () => void
  #phase: Phase = { kind: 'loading' }
  /** The place on a connection, while one is wanted. */
  seat: Seat | null = null
  /** Of the connection, while there is one. */
  terms: Terms | null = null
  channel: Channel | null = null
  /** As it was told last; kept when the connection goes. */
  permission: ChannelPermission | null = null

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get phase(): Phase {
    return this.#phase
  }

  is(...kinds: readonly Phase['kind'][]): boolean {
    return kinds.includes(this.#phase.kind)
  }

  /** Nothing follows on `destroyed`. */
  go(phase: Phase): void {
    if (this.#phase.kind === 'destroyed') return
    this.#phase = phase
    this.#changed()
  }

  /** False where there is no channel to say it on. */
  say(message: Unaddressed<ClientMessage>): boolean {
    if (this.channel === null || this.seat === null) return false
    this.seat.send({ ...message, channel: this.channel })
    return true
  }
}
