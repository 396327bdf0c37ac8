import {
  type AcceptedState,
  type AcceptedUpdate,
  type Channel,
  type DocName,
  type Env,
  type Epoch,
  type Failure,
  failure,
  type Finding,
  mayDo,
  type Millis,
  type NewEntry,
  type Operation,
  type Seq,
  type StateVector,
  type UpdateLog,
  wireLimits,
} from '@tutti/core'
import type { Counts } from '../runtime/counts.ts'
import { catchUp } from './catch-up.ts'
import { fanOut } from './fan-out.ts'
import { takeIn } from './intake.ts'
import { Leases } from './leases.ts'
import { longestWaitMs } from './pacing.ts'
import { PresenceDesk } from './presence-desk.ts'
import type { Reader } from './reader.ts'
import type { RoomView } from './room-view.ts'
import type { StoreHealth } from './store-health.ts'
import { addStored } from './stored.ts'
import { Tail } from './tail.ts'
import { type Waiting, Writing } from './writing.ts'

/** What a room is made from. */
export interface RoomOptions {
  readonly doc: DocName
  readonly channel: Channel
  readonly log: UpdateLog
  readonly health: StoreHealth
  readonly env: Env
  readonly counts: Counts
  /** Durable state read from the log. */
  readonly state: AcceptedState
  readonly head: Seq
  readonly checkpointSeq: Seq
  /** `null` for a document that was never written. */
  readonly epoch: Epoch | null
  readonly findings: readonly Finding[]
  /** Told of damage that is found later, when the store will not write. */
  readonly damaged: (finding: Finding) => void
  /** For a document that is born here: the epoch it gets unless a client brings one. */
  readonly newEpoch: Epoch
}

/** What became of an edit right away. Durability is told later, by an acknowledgement. */
export type Submitted = { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly failure: Failure }

const tailBytes = 1024 * 1024

/**
 * One open document: the path of an update on one screen (SPEC ROOM1 to ROOM5). Store, then show: an edit is judged,
 * counted as accepted, appended to the log; when it is durable its author is told and readers are shown, never before.
 */
export class Room implements RoomView {
  readonly doc: DocName
  readonly channel: Channel
  readonly leases: Leases = new Leases()
  readonly presence: PresenceDesk
  readonly #damaged: (finding: Finding) => void
  #findings: readonly Finding[]
  readonly #log: UpdateLog
  readonly #health: StoreHealth
  readonly #env: Env
  readonly #counts: Counts
  readonly #readers = new Set<Reader>()
  #state: AcceptedState
  #tail: Tail
  #head: Seq
  #checkpointSeq: Seq
  #epoch: Epoch
  #isBorn: boolean
  /** A client brought the epoch: no other replaces it. */
  #isEpochBrought = false
  readonly #writing: Writing
  #idleSince: number
  #isClosed = false

  constructor(options: RoomOptions) {
    this.doc = options.doc
    this.channel = options.channel
    this.#findings = options.findings
    this.#damaged = options.damaged
    this.#log = options.log
    this.#health = options.health
    this.#env = options.env
    this.#counts = options.counts
    this.#state = options.state
    this.#head = options.head
    this.#checkpointSeq = options.checkpointSeq
    this.#epoch = options.epoch ?? options.newEpoch
    this.#isBorn = options.epoch !== null
    this.#tail = new Tail(options.head, tailBytes)
    this.#idleSince = options.env.clock.ticks()
    this.presence = new PresenceDesk(this.leases, options.channel, this.#readers, options.env)
    this.#writing = new Writing({
      doc: options.doc,
      log: options.log,
      env: options.env,
      epoch: () => this.#epoch,
      waitMs: () => longestWaitMs(this.#readers.size),
      stored: (batch, tookMs) => this.#stored(batch, tookMs),
      failed: (lost, why) => this.#failed(lost, why),
      slow: batch => this.#tellReceived(batch),
    })
  }

  get head(): Seq {
    return this.#head
  }

  get checkpointSeq(): Seq {
    return this.#checkpointSeq
  }

  /** What is wrong with what is stored of it. */
  get findings(): readonly Finding[] {
    return this.#findings
  }

  /** It can be read, as far as it can be, and is never written. */
  get isDamaged(): boolean {
    return this.#findings.length > 0
  }

  get epoch(): Epoch {
    return this.#epoch
  }

  get isBorn(): boolean {
    return this.#isBorn
  }

  get tail(): Tail {
    return this.#tail
  }

  get readers(): ReadonlySet<Reader> {
    return this.#readers
  }

  /** True while something accepted is not durable yet: such a room is never let go. */
  get isWriting(): boolean {
    return this.#writing.isBusy
  }

  /** Since when its oldest edit that is not durable has waited, in ticks; `null` when all of it is. */
  get waitingSince(): number | null {
    return this.#writing.since
  }

  /** Since when nobody has had it open, in ticks; `null` while somebody has. */
  get idleSince(): number | null {
    return this.#readers.size === 0 && !this.isWriting ? this.#idleSince : null
  }

  // What readers may know: durable state only.

  diff(known?: StateVector): Uint8Array {
    return this.#state.durable.diff(known)
  }

  encodeStateVector(): Uint8Array {
    return this.#state.durable.encodeStateVector()
  }

  stateVector(): StateVector {
    return this.#state.durable.stateVector()
  }

  digest(): string {
    return this.#state.durable.digest()
  }

  get byteLength(): number {
    return this.#state.durable.byteLength
  }

  /** A document nobody has written yet takes the epoch of the first client that brings one (SPEC ROOM9). */
  adoptEpoch(epoch: Epoch): void {
    if (this.#isBorn || this.#isEpochBrought || this.isWriting) return
    this.#epoch = epoch
    this.#isEpochBrought = true
  }

  join(reader: Reader): void {
    this.#readers.add(reader)
  }

  leave(reader: Reader): void {
    if (!this.#readers.delete(reader)) return
    this.leases.leave(reader)
    this.presence.leave(reader)
    this.#idleSince = this.#env.clock.ticks()
    for (const other of this.#readers) if (other.holdsMore) this.#askAgain(other)
  }

  /** From now on the reader is served the log after `cursor`; it has been sent everything before. */
  follow(reader: Reader, cursor: Seq): void {
    reader.cursor = cursor
    if (cursor === this.#head && reader.pieces.length === 0 && reader.wire.hasRoom) {
      reader.standing = 'current'
      return
    }
    reader.standing = 'behind'
    void catchUp(this, this.#log, reader)
  }

  /** The socket under the reader has room again. */
  drained(reader: Reader): void {
    if (reader.standing === 'behind') void catchUp(this, this.#log, reader)
    if (reader.presenceStale && reader.wire.hasRoom) {
      reader.presenceStale = false
      this.presence.show(reader)
    }
  }

  /**
   * An edit from a reader. `counter` is the reader's own count (0 for dialects without); `resync` takes what can be taken
   * of what the reader holds.
   */
  submit(reader: Reader, bytes: Uint8Array, counter: number, base: number, resync: boolean): Submitted {
    const submitted = this.#submit(reader, bytes, counter, base, resync)
    if (submitted.kind === 'refused') this.#counts.refused('update', submitted.failure.code)
    return submitted
  }

  #submit(reader: Reader, bytes: Uint8Array, counter: number, base: number, resync: boolean): Submitted {
    const stop = this.#mayNotWrite(reader, 'document.update')
    if (stop !== null) return { kind: 'refused', failure: stop }
    const intake = takeIn(this.#state, this.leases, reader, bytes, resync, wireLimits)
    if (intake.kind === 'refused') return intake
    // A part is stored like anything else, but no counter covers it: what was left would seem to be saved, too.
    if (intake.kind === 'new') this.#enqueue(reader, intake.left === null ? counter : 0, base, intake.update)
    else if (intake.left === null) this.#confirm(reader, counter)
    if (intake.left === null) {
      reader.counter = counter
      // A single edit that could be taken, such as a deletion, does not say that there is no more.
      if (resync) reader.holdsMore = false
      return { kind: 'taken' }
    }
    reader.holdsMore = true
    return { kind: 'refused', failure: intake.left }
  }

  /**
   * Initial content, whole, for an empty document only (SPEC ROOM10). `tell` hears whether it was taken, once that is
   * durable: whoever comes second must not be told no because of something that is lost after all.
   */
  seed(reader: Reader, bytes: Uint8Array, tell: (taken: boolean) => void): void {
    const isEmpty = this.#head === 0 && !this.isWriting && this.#state.durable.isEmpty
    if (!isEmpty || this.#mayNotWrite(reader, 'document.seed') !== null) return tell(false)
    const intake = takeIn(this.#state, this.leases, reader, bytes, true, wireLimits)
    if (intake.kind !== 'new' || intake.left !== null) return tell(false)
    this.#enqueue(reader, 0, 0, intake.update, tell)
  }

  /** The store takes writes again: ask those who cannot know for what they hold. */
  storeRecovered(): void {
    for (const reader of this.#readers) this.#askAgain(reader)
  }

  /**
   * The durable state up to `seq` was stored as a checkpoint, and reads as `folded`: what has come since is put on top of
   * it, so that deleted content leaves memory even while people write.
   */
  checkpointed(seq: Seq, folded: AcceptedState): void {
    this.#checkpointSeq = seq
    if (this.#tail.reachesBackTo > seq) return
    const since = this.#tail.after(seq, Number.POSITIVE_INFINITY)
    if (!since.every(bytes => addStored(folded, bytes))) return
    for (const { update } of this.#writing.waiting) if (update !== null) folded.accept(update)
    this.#state = folded
  }

  /** Somebody is about to join: not idle. */
  touch(): void {
    this.#idleSince = this.#env.clock.ticks()
  }

  /** Ends it for everybody who has it open, and tells them why. What was accepted is stored all the same. */
  end(why: Failure & { readonly code: 'deleted' }): void {
    this.close()
    for (const reader of this.#readers) {
      this.leave(reader)
      const frame = reader.dialect.closed(this.channel, why.code, why.message)
      if (frame === null) reader.wire.fail(why.code, why.message)
      else reader.wire.write(frame)
    }
  }

  /** Ends it for everybody. */
  close(): void {
    this.#isClosed = true
    this.#tail.clear()
  }

  #mayNotWrite(reader: Reader, operation: Operation): Failure | null {
    if (!mayDo(operation, reader.permission)) return failure('read-only', 'this connection may only read')
    if (this.isDamaged) {
      return failure('document-unavailable', 'the document is damaged: it can be read, not written')
    }
    if (!this.#health.available) return failure('store-unavailable', `the store refuses writes: ${this.#health.reason}`)
    if (this.#isClosed) return failure('draining', 'the server is stopping')
    return null
  }

  #enqueue(
    reader: Reader,
    counter: number,
    base: number,
    update: AcceptedUpdate,
    tell: ((stored: boolean) => void) | null = null,
  ): void {
    // The frame's buffer is reused by the socket and shared by neighbours: what is kept gets bytes of its own.
    const own: AcceptedUpdate = { ...update, scan: { ...update.scan, bytes: update.scan.bytes.slice() } }
    this.#state.accept(own)
    const entry: NewEntry = {
      bytes: own.scan.bytes,
      at: this.#env.clock.now(),
      base: Math.min(base, this.#head) as Seq,
      author: reader.author,
      counter,
    }
    this.#writing.push({ reader, counter, update: own, entry, tell })
  }

  /** Nothing new in it: acknowledged as soon as everything before it is durable (SPEC ROOM4). */
  #confirm(reader: Reader, counter: number): void {
    if (counter === 0) return
    if (this.isWriting) this.#writing.push({ reader, counter, update: null, entry: null, tell: null })
    else this.#acknowledge(reader, counter)
  }

  /** Durable: show it, then say so. */
  #stored(writing: readonly Waiting[], tookMs: Millis): void {
    const before = this.#head
    const first = before + 1
    let seq = before as number
    for (const { update } of writing) {
      if (update === null) continue
      seq++
      this.#state.settle(update)
      this.#tail.push(update.scan.bytes)
      this.#counts.updateBytes += update.scan.bytes.length
    }
    this.#head = seq as Seq
    this.#counts.updates += seq - before
    this.#counts.durableMs.add(tookMs)
    if (seq >= first) this.#isBorn = true
    if (seq >= first) fanOut(this, before, writing)
    for (const { tell } of writing) tell?.(true)
    const newest = new Map<Reader, number>()
    for (const { reader, counter } of writing) if (counter > 0) newest.set(reader, counter)
    for (const [reader, counter] of newest) this.#acknowledge(reader, counter)
    if (seq >= first) for (const reader of this.#readers) if (reader.holdsMore) this.#askAgain(reader)
  }

  /** Everything that waits builds on what was lost: all of it goes back to its authors. */
  #failed(lost: readonly Waiting[], why: Failure): void {
    this.#state.forget()
    const isOurs = why.code === 'document-unavailable'
    if (isOurs) this.#foundDamaged(why.message)
    else this.#health.refused(why.message)
    for (const { tell } of lost) tell?.(false)
    const first = new Map<Reader, number>()
    for (const { reader, counter } of lost) if (!first.has(reader)) first.set(reader, counter)
    for (const [reader, counter] of first) {
      this.#counts.refused('update', isOurs ? why.code : 'store-unavailable')
      this.refuse(
        reader,
        counter,
        isOurs ? why : failure('store-unavailable', `the store refuses writes: ${why.message}`),
      )
    }
  }

  /** The store is well and will not write this document: nobody else's work stops for it. */
  #foundDamaged(message: string): void {
    const finding: Finding = { kind: 'damaged-entry', doc: this.doc, from: this.#head, to: this.#head, message }
    this.#findings = [...this.#findings, finding]
    this.#damaged(finding)
  }

  /** Tells a reader that its edit was not taken; its stream is ignored until it resynchronises (SPEC SES4). */
  refuse(reader: Reader, counter: number, why: Failure): void {
    reader.ignoring = true
    const frame = reader.dialect.refused(this.channel, counter, why.code, why.message)
    if (frame !== null && this.#readers.has(reader)) reader.wire.write(frame)
  }

  #acknowledge(reader: Reader, counter: number): void {
    if (!this.#readers.has(reader)) return
    reader.acked = Math.max(reader.acked, counter)
    // Its cursor is ahead of what it was sent while pieces of the state wait for room.
    const through = reader.pieces.length === 0 ? reader.cursor : 0
    const frame = reader.dialect.ack(this.channel, reader.acked, this.#head, through)
    if (frame !== null) reader.wire.write(frame)
  }

  #tellReceived(writing: readonly Waiting[]): void {
    const newest = new Map<Reader, number>()
    for (const { reader, counter } of writing) if (counter > 0) newest.set(reader, counter)
    for (const [reader, counter] of newest) {
      const frame = reader.dialect.received(this.channel, counter)
      if (frame !== null && this.#readers.has(reader)) reader.wire.write(frame)
    }
  }

  #askAgain(reader: Reader): void {
    const frame = reader.dialect.ask(this.encodeStateVector())
    if (frame === null || reader.standing === 'joining') return
    reader.holdsMore = false
    reader.wire.write(frame)
  }
}
