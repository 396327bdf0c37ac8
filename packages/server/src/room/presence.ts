import { type AwarenessEntry, protocolLimits } from '@tutti/core'
import { type PresentedUser, withUser } from '../access/presented-user.ts'
import { isSameSession, type Leases } from './leases.ts'
import type { Reader } from './reader.ts'

interface Present {
  clock: number
  state: string
  owner: Reader
  /** The owner named it as its own, rather than carrying it for a neighbour. */
  own: boolean
}

/**
 * Who is here (SPEC AWR1 to AWR5). An id belongs to the connection that introduced it and is cleared when that leaves.
 * Only the latest state of each id is kept for the next flush.
 */
export class Presence {
  readonly #present = new Map<number, Present>()
  readonly #dirty = new Set<number>()
  readonly #gone = new Map<number, AwarenessEntry>()
  readonly #leases: Leases

  constructor(leases: Leases) {
    this.#leases = leases
  }

  /** Takes what a connection says. Entries it may not speak for are dropped. True when there is something to tell. */
  take(reader: Reader, entries: readonly AwarenessEntry[]): boolean {
    // A stock client's first word names itself alone; what comes later may be carried for its neighbours' tabs.
    const own = !reader.hasSpoken && entries.length === 1
    reader.hasSpoken = true
    for (const entry of entries) this.#takeOne(reader, signed(entry, reader.user), own)
    return this.#dirty.size > 0 || this.#gone.size > 0
  }

  #takeOne(reader: Reader, entry: AwarenessEntry, own: boolean): void {
    if (!this.#leases.isNobodyElses(entry.client, reader)) return
    const present = this.#present.get(entry.client)
    const mine = own || this.#leases.isOwner(entry.client, reader)
    if (present === undefined) {
      if (entry.state === 'null' || this.#countOf(reader) >= maxCarried) return
      this.#present.set(entry.client, { clock: entry.clock, state: entry.state, owner: reader, own: mine })
      this.#gone.delete(entry.client)
      this.#dirty.add(entry.client)
      return
    }
    if (present.owner !== reader) {
      if (!mine) return
      if (present.own && !isSameSession(present.owner, reader) && !this.#leases.isIntroducer(entry.client, reader)) {
        // Perhaps its old connection, which does not know yet that it is dead.
        present.owner.wire.challenge()
        return
      }
      present.owner = reader
      present.own = true
    }
    const isNewer = entry.clock > present.clock || (entry.clock === present.clock && entry.state === 'null')
    if (!isNewer) {
      // Said again: echoed, so that a stock client hears something within its 30 s.
      this.#dirty.add(entry.client)
      return
    }
    if (entry.state === 'null') return this.#remove(entry.client, entry.clock)
    present.clock = entry.clock
    present.state = entry.state
    this.#dirty.add(entry.client)
  }

  /** Clears what the connection introduced. True when there is something to tell. */
  leave(reader: Reader): boolean {
    for (const [client, present] of this.#present) if (present.owner === reader) this.#remove(client, present.clock)
    return this.#gone.size > 0
  }

  /** What changed since the last flush, latest state only. */
  flush(): readonly AwarenessEntry[] {
    const entries: AwarenessEntry[] = [...this.#gone.values()]
    for (const client of this.#dirty) {
      const present = this.#present.get(client)
      if (present !== undefined) entries.push({ client, clock: present.clock, state: present.state })
    }
    this.#gone.clear()
    this.#dirty.clear()
    return entries
  }

  /** Everybody who is here. */
  all(): readonly AwarenessEntry[] {
    return [...this.#present].map(([client, { clock, state }]) => ({ client, clock, state }))
  }

  #remove(client: number, clock: number): void {
    this.#present.delete(client)
    this.#dirty.delete(client)
    this.#gone.set(client, { client, clock, state: 'null' })
  }

  #countOf(reader: Reader): number {
    let count = 0
    for (const present of this.#present.values()) if (present.owner === reader) count++
    return count
  }
}

/** The server says who somebody is, whatever they say themselves (SPEC ACC9). */
function signed(entry: AwarenessEntry, user: PresentedUser | null): AwarenessEntry {
  return user === null || entry.state === 'null' ? entry : { ...entry, state: withUser(entry.state, user) }
}

/** Ids one connection may speak for: its own, and those of neighbouring tabs it carries. */
const maxCarried = protocolLimits.maxClientsPerConnection
