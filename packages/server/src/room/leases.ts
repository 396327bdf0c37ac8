import { protocolLimits } from '@tutti/core'
import type { Reader } from './reader.ts'

/**
 * Who writes as which Yjs client id (SPEC ROOM6). An id belongs to the first connection that wrote as it, for as long as
 * that is connected; nobody else may extend its clock meanwhile.
 */
export class Leases {
  readonly #owners = new Map<number, Reader>()
  readonly #counts = new Map<Reader, number>()

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
    const count = this.#counts.get(reader) ?? 0
    if (count >= protocolLimits.maxClientsPerConnection) return false
    if (owner !== undefined) this.#release(owner)
    this.#owners.set(client, reader)
    this.#counts.set(reader, count + 1)
    reader.client = client
    return true
  }

  isOwner(client: number, reader: Reader): boolean {
    return this.#owners.get(client) === reader
  }

  /** Frees everything the reader held. */
  leave(reader: Reader): void {
    if (!this.#counts.delete(reader)) return
    for (const [client, owner] of this.#owners) if (owner === reader) this.#owners.delete(client)
  }

  #release(owner: Reader): void {
    owner.client = -1
    const count = this.#counts.get(owner) ?? 0
    this.#counts.set(owner, Math.max(0, count - 1))
  }
}

/** The same running client come back, while its old connection still lies open. */
export function isSameSession(a: Reader, b: Reader): boolean {
  return a.author.session !== '' && a.author.session === b.author.session && a.author.device === b.author.device
}
