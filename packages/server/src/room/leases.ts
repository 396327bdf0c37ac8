import { protocolLimits } from '@tutti/core'
import type { Reader } from './reader.ts'

/**
 * Who writes as which Yjs client id (SPEC ROOM6). An id belongs to the first connection that wrote as it, for as long as
 * that is connected; nobody else may extend its clock meanwhile.
 */
export class Leases {
  readonly #owners = new Map<number, Reader>()

  mayExtend(client: number, reader: Reader): boolean {
    if (reader.client === client) return true
    const owner = this.#owners.get(client)
    if (owner === undefined) return true
    if (owner === reader || isSameSession(owner, reader)) return true
    owner.wire.challenge()
    return false
  }

  /** Notes that `reader` wrote as `client`. False when it writes as too many. */
  claim(client: number, reader: Reader): boolean {
    if (reader.client === client) return true
    const owner = this.#owners.get(client)
    if (owner === reader) return true
    if (owner !== undefined && !isSameSession(owner, reader)) return false
    if (reader.leases >= protocolLimits.maxClientsPerConnection) return false
    if (owner !== undefined) {
      owner.client = -1
      owner.leases--
    }
    this.#owners.set(client, reader)
    reader.leases++
    reader.client = client
    return true
  }

  isOwner(client: number, reader: Reader): boolean {
    return this.#owners.get(client) === reader
  }

  /** Frees everything the reader held. */
  leave(reader: Reader): void {
    if (reader.leases === 0) return
    reader.leases = 0
    for (const [client, owner] of this.#owners) if (owner === reader) this.#owners.delete(client)
  }
}

/** The same running client come back, while its old connection still lies open. */
export function isSameSession(a: Reader, b: Reader): boolean {
  return a.author.session !== '' && a.author.session === b.author.session && a.author.device === b.author.device
}
