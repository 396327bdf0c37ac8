import { protocolLimits } from '@tutti/core'
import type { Reader } from './reader.ts'

/**
 * Who writes as which Yjs client id (SPEC ROOM6). An id belongs to the first connection that wrote as it, for as long as
 * that is connected; nobody else may extend its clock meanwhile. Where people say who they are, it stays theirs when they
 * have gone: others carry it only while they resynchronise.
 */
export class Leases {
  readonly #owners = new Map<number, Reader>()
  /** Who introduced an id, as far as anybody was asked: as many as the document has ids, at most. */
  readonly #subjects = new Map<number, string>()

  /** Whether `reader` may add what `client` wrote; `carrying` for what it brings while resynchronising. */
  mayExtend(client: number, reader: Reader, carrying: boolean): boolean {
    if (reader.client === client) return true
    const owner = this.#owners.get(client)
    if (owner === undefined) return carrying || this.isNobodyElses(client, reader)
    if (owner === reader || isSameSession(owner, reader)) return true
    owner.wire.challenge()
    return false
  }

  /** Notes that `reader` wrote as `client`. False when it writes as too many, or as somebody else. */
  claim(client: number, reader: Reader): boolean {
    if (reader.client === client) return true
    const owner = this.#owners.get(client)
    if (owner === reader) return true
    if (owner === undefined ? !this.isNobodyElses(client, reader) : !isSameSession(owner, reader)) return false
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

  /** The first anybody has seen of `client` came from `reader`, as its own. */
  introduced(client: number, { author }: Reader): void {
    if (author.subject !== '') this.#subjects.set(client, author.subject)
  }

  /** Whether somebody else is known to have introduced `client`, there or away. */
  isNobodyElses(client: number, { author }: Reader): boolean {
    const subject = this.#subjects.get(client)
    return subject === undefined || subject === author.subject
  }

  /** Whether `client` is known to be theirs. */
  isIntroducer(client: number, { author }: Reader): boolean {
    return author.subject !== '' && this.#subjects.get(client) === author.subject
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
  return (
    a.author.session !== '' &&
    a.author.session === b.author.session &&
    a.author.device === b.author.device &&
    a.author.subject === b.author.subject
  )
}
