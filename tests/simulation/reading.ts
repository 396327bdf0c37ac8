import type { DocName } from '@tutti/core'
import * as Y from 'yjs'
import { Coverage, type Said } from './coverage.ts'
import type { Ledger } from './ledger.ts'

/** What a client says it holds when it asks for a document. */
export interface Holding {
  readonly doc: DocName
  readonly epoch: string
  readonly position: number
  readonly stateVector: Uint8Array
}

/**
 * One document on one connection: how far in the log the client was told to be, and what it holds. Whoever is told a position
 * has to have been sent, or to have made, everything up to there: it will never ask for that again (SPEC CLI4, SES5).
 */
export class Reading {
  readonly doc: DocName
  readonly #ledger: Ledger
  readonly #holds = new Coverage()
  #position: number
  /** What comes up to `head`, and how many bytes of it are still to come. */
  #coming: { readonly head: number; missing: number } | null = null

  constructor(ledger: Ledger, { doc, epoch, position, stateVector }: Holding) {
    this.doc = doc
    this.#ledger = ledger
    // Without an epoch a position means nothing.
    this.#position = epoch === '' ? 0 : position
    this.asked(stateVector)
  }

  /** It says what it has, in its own words. */
  asked(stateVector: Uint8Array): void {
    for (const [client, clock] of vectorIn(stateVector)) this.#holds.add({ structs: [[client, 0, clock]], deletes: [] })
  }

  /** It made this, or was sent it. */
  holds(said: Said): void {
    this.#holds.add(said)
  }

  /** Where the log ends is said, and that `total` bytes of pieces bring what is lacking up to there. */
  state(head: number, total: number): void {
    this.#ledger.joined(this.doc, head)
    // What was lost here is brought anew, at other positions.
    this.#position = Math.min(this.#position, head)
    this.#coming = { head, missing: total }
    this.#arrived(0)
  }

  piece(said: Said, bytes: number): void {
    this.#holds.add(said)
    this.#arrived(bytes)
  }

  /** It is told that it has everything up to `position`. */
  told(position: number): void {
    if (position <= this.#position) return
    this.#ledger.told(this.doc, this.#position, position, this.#holds)
    this.#position = position
  }

  #arrived(bytes: number): void {
    const coming = this.#coming
    if (coming === null) return
    coming.missing -= bytes
    if (coming.missing > 0) return
    this.#coming = null
    this.told(coming.head)
  }
}

function vectorIn(stateVector: Uint8Array): ReadonlyMap<number, number> {
  try {
    return Y.decodeStateVector(stateVector)
  } catch {
    // Strangers say anything.
    return new Map()
  }
}
