import type { DocName } from '@tutti/core'
import { Coverage, type Said } from './coverage.ts'

/** A rule of the house that did not hold. `invariant` is its name in the list of the README of this folder. */
export class Violation extends Error {
  readonly invariant: string
  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.invariant = invariant
    this.name = 'Violation'
  }
}

interface Account {
  /** Whatever was made in tabs, taken back or not. */
  readonly made: Coverage
  /** What the log has said is on stable storage. */
  durable: Coverage
  /** What an author was told is saved. */
  readonly acked: Coverage
  /** What left the server towards anybody. */
  readonly shown: Coverage
  /** What each position of the log holds, as far as that was seen. */
  readonly entries: Map<number, Said>
  head: number
  epoch: string
}

/** What was promised to whom, of every document, and whether it is so. */
export class Ledger {
  readonly #accounts = new Map<DocName, Account>()
  /** The first thing that was not so. Code that is looked at may swallow what is thrown into it: so nothing is thrown. */
  violation: Violation | null = null
  readonly #damaged = new Set<DocName>()
  /** Acknowledged updates, counted. */
  acknowledged = 0
  shownUpdates = 0

  fail(invariant: string, message: string): void {
    this.violation ??= new Violation(invariant, message)
  }

  account(doc: DocName): Account {
    let account = this.#accounts.get(doc)
    if (account === undefined) {
      const [made, durable, acked, shown] = [new Coverage(), new Coverage(), new Coverage(), new Coverage()]
      account = { made, durable, acked, shown, entries: new Map(), head: 0, epoch: '' }
      this.#accounts.set(doc, account)
    }
    return account
  }

  /** The store has named damage of it: it is read, and not written, until somebody repairs it. */
  damaged(doc: DocName): void {
    this.#damaged.add(doc)
  }

  isDamaged(doc: DocName): boolean {
    return this.#damaged.has(doc)
  }

  get docs(): IterableIterator<DocName> {
    return this.#accounts.keys()
  }

  /** Somebody has just made this. Two edits with one id are taken for one: what was taken back keeps its ids for ever. */
  made(doc: DocName, said: Said): void {
    const { made } = this.account(doc)
    const again = made.meets(said)
    if (again !== null) this.#failIn(doc, 'I2 all equal', `made under an id that was given before: ${again}`)
    made.add(said)
  }

  /** The log has resolved an append. */
  appended(doc: DocName, epoch: string, head: number, entries: readonly Said[]): void {
    const account = this.account(doc)
    if (account.epoch !== '' && account.epoch !== epoch) {
      this.#failIn(doc, 'I4 positions', `the epoch changed from ${account.epoch} to ${epoch}`)
    }
    if (head !== account.head + entries.length) {
      this.#failIn(doc, 'I4 positions', `${entries.length} entries after ${account.head} end at ${head}`)
    }
    account.epoch = epoch
    account.head = head
    for (const [i, said] of entries.entries()) {
      account.durable.add(said)
      account.entries.set(head - entries.length + 1 + i, said)
    }
  }

  /** A checkpoint is stored: folding may have found deletions that follow from others. */
  folded(doc: DocName, said: Said): void {
    this.account(doc).durable.add(said)
  }

  /** Somebody is about to be told that this is saved. */
  acked(doc: DocName, said: Said): void {
    const { durable, acked } = this.account(doc)
    const lack = durable.lacks(said)
    if (lack !== null) this.#failIn(doc, 'I1 saved means stored', `acknowledged before it was durable: ${lack}`)
    acked.add(said)
    this.acknowledged++
  }

  /** Somebody is about to be shown this. */
  shown(doc: DocName, said: Said): void {
    const { durable, shown } = this.account(doc)
    const lack = durable.lacks(said)
    if (lack !== null) this.#failIn(doc, 'I5 store, then show', `shown before it was durable: ${lack}`)
    shown.add(said)
    this.shownUpdates++
  }

  /** Somebody is about to be told that the log ends here. */
  joined(doc: DocName, head: number): void {
    const account = this.account(doc)
    if (head !== account.head)
      this.#failIn(doc, 'I4 positions', `somebody is told that ${head} is the head, and it is ${account.head}`)
  }

  /** Somebody who was at `from` is about to be told to have everything up to `to`. */
  told(doc: DocName, from: number, to: number, holds: Coverage): void {
    const { entries, head } = this.account(doc)
    if (to > head) return this.#failIn(doc, 'I4 positions', `somebody is told to be at ${to}, and the head is ${head}`)
    for (let seq = from + 1; seq <= to; seq++) {
      const said = entries.get(seq)
      const lack = said === undefined ? null : holds.lacks(said)
      if (lack === null) continue
      return this.#failIn(doc, 'I4 positions', `somebody is told to be at ${to}, and was not sent, at ${seq}: ${lack}`)
    }
  }

  /** Somebody is about to be told that this is in the log, at `seq` or before. */
  placed(doc: DocName, { structs }: Said, seq: number): void {
    const { entries, head } = this.account(doc)
    if (seq >= head) return
    const before = new Coverage()
    for (const [at, said] of entries) if (at <= seq) before.add(said)
    const lack = before.lacks({ structs, deletes: [] })
    if (lack !== null) this.#failIn(doc, 'I4 positions', `said to be stored up to ${seq}, and is not: ${lack}`)
  }

  /** A device's copy claims to have the log up to `position`. */
  copied(doc: DocName, device: string, epoch: string | null, position: number, kept: Coverage): void {
    const account = this.account(doc)
    if (epoch !== account.epoch) return
    for (const [seq, said] of account.entries) {
      const lack = seq > position ? null : kept.lacks(said)
      if (lack === null) continue
      return this.#failIn(
        doc,
        'I1 on this device',
        `${device}: claims position ${position}, and lacks at ${seq}: ${lack}`,
      )
    }
  }

  /** This is what was read from the disk after a restart, or at the end. `entries` are those that are not folded. */
  reopened(
    doc: DocName,
    epoch: string | null,
    head: number,
    stored: Coverage,
    entries: ReadonlyMap<number, Said>,
  ): void {
    const account = this.account(doc)
    for (const [name, what] of [
      ['acknowledged', account.acked],
      ['shown', account.shown],
    ] as const) {
      const lack = stored.lacks(what.said())
      if (lack !== null) this.#failIn(doc, 'I1 saved means stored', `${name}, and gone after a restart: ${lack}`)
    }
    if (head < account.head) this.#failIn(doc, 'I4 positions', `the head was ${account.head} and is ${head}`)
    if (account.head > 0 && epoch !== account.epoch) this.#failIn(doc, 'I4 positions', `another epoch after a restart`)
    account.durable = stored
    for (const [seq, said] of entries) account.entries.set(seq, said)
    account.head = head
    if (epoch !== null) account.epoch = epoch
  }

  /** Of a damaged document nothing is promised any more. */
  #failIn(doc: DocName, invariant: string, message: string): void {
    if (!this.#damaged.has(doc)) this.fail(invariant, `${doc}: ${message}`)
  }
}
