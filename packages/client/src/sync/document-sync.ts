import {
  backoffMs,
  type Cancel,
  type Channel,
  docDigest,
  type DocName,
  type Env,
  type Epoch,
  type ErrorCode,
  errorKinds,
  type Failure,
  type Millis,
  noBytes,
  type Permission,
  type Seq,
  type ServerMessage,
  type SessionId,
  seq,
  TuttiError,
} from '@tutti/core'
import * as Y from 'yjs'
import type { ChannelMessage, Member, Seat, Terms } from '../connection/member.ts'
import type { Branch, LocalDocument, LocalLog, LocalTrouble, PendingCount } from '../persistence/local-log.ts'
import { DeviceWriter } from './device-writer.ts'
import { applyAll, clientsAhead, emptyLike, hasGaps, isEmptyDoc, whatIsNew } from './document-content.ts'
import { Incoming } from './incoming.ts'
import type { TabLink } from './leadership.ts'
import { isEmptyUpdate, mergeUpdates } from '../persistence/merge-updates.ts'
import { type OutgoingEdit, Outbox } from './outbox.ts'
import { OwnEdits } from './own-edits.ts'
import type { Phase } from './phase.ts'
import type { Refusal } from './refusal.ts'
import { clientsOf, lackingBytes, toldBytes } from './upload-bytes.ts'

// The one long file of the client: the conversation of one document with its server and its device, in the order of
// PROTOCOL.md "How a connection goes". What can be decided apart from it stands in the files beside.

/** What the owner of a document wants to hear. None of these may throw. */
export interface SyncObserver {
  /** Something a person could see has changed. */
  changed(): void
  loaded(): void
  synced(isSynced: boolean): void
  /** The server has opened the document: presence can be sent. */
  opened(): void
  presence(bytes: Uint8Array): void
  refused(refusal: Refusal): void
  /** Another `Y.Doc` has taken the place of the old one, which was left as it is. */
  replaced(doc: Y.Doc): void
  ended(why: Failure): void
}

export interface DocumentSyncOptions {
  readonly name: DocName
  readonly doc: Y.Doc
  readonly session: SessionId
  /** Origin of everything applied to the document that was not done here. */
  readonly origin: unknown
  readonly log: LocalLog
  readonly tabs: TabLink
  readonly env: Env
  readonly priority: number
  readonly seed?: ((doc: Y.Doc) => void) | undefined
  readonly observer: SyncObserver
}

/** Uploads above this many bytes wait for one of the connection's few places. */
const largeBytes = 64 * 1024
/** Edits in one upload; the server bounds structs, and an edit has a few. */
const maxBatchEdits = 10_000
/** Quiet for this long, copies are compared with the server's. */
const quietMs = 1_500
const seenMs = 5_000
const orphansMs = 10_000
const maxReconciles = 3
const maxIdentityTries = 8
const stuckWait = { firstMs: 500, longestMs: 30_000 }
const reopenWait = { firstMs: 1_000, longestMs: 30_000 }
const storeWaitMs = 30_000

/** One document: its `Y.Doc`, its place in the device's log, its conversation with the server (SPEC CLI). */
export class DocumentSync implements Member {
  readonly doc: DocName
  readonly priority: number
  readonly #options: DocumentSyncOptions
  readonly #env: Env
  readonly #log: LocalLog
  readonly #observer: SyncObserver
  readonly #writer: DeviceWriter
  readonly #outbox = new Outbox()
  readonly #undo: (() => void)[] = []
  readonly #waiters: { resolve: () => void; reject: (error: unknown) => void }[] = []
  #ydoc: Y.Doc
  #own: OwnEdits
  #phase: Phase = { kind: 'loading' }
  #isLoaded = false
  #isSettingAside = false
  #numbered = 0
  #position: Seq = seq(0)
  #epoch: Epoch | null = null
  #serverEpoch: Epoch | null = null
  #seat: Seat | null = null
  #terms: Terms | null = null
  #channel: Channel | null = null
  #permission: Permission | null = null
  #isSynced = false
  #seeding = false
  #incoming: Incoming | null = null
  #isReconciling = false
  #reconciles = 0
  /** The server's state as it was told last, and how often the document had changed by then. */
  #told: { digest: string; stateVector: Uint8Array; head: number; changes: number; isBehind: boolean } | null = null
  #isCompared = false
  /** What was sent last on this channel. Any other than the next counter says "resync", so that the server can follow. */
  #sentCounter = 0
  #batchThrough = 0
  #batchEdits = 0
  #batchLimit = maxBatchEdits
  #failures = 0
  #refusal: Failure | null = null
  #toldOf: OutgoingEdit | null = null
  #hasRefreshed = false
  #storeReason: string | null = null
  #seenPosition = 0
  #retry: Cancel | null = null
  #quiet: Cancel | null = null
  #seen: Cancel | null = null
  #orphans: Cancel | null = null
  #savedAt: Millis | null = null

  constructor(options: DocumentSyncOptions) {
    this.#options = options
    this.doc = options.name
    this.priority = options.priority
    this.#env = options.env
    this.#log = options.log
    this.#observer = options.observer
    this.#ydoc = options.doc
    this.#writer = new DeviceWriter({
      log: options.log,
      doc: options.name,
      env: options.env,
      isLeader: () => options.tabs.isLeader,
      ready: options.tabs.ready,
      changed: edits => {
        for (const edit of edits) if (edit.session === options.session) this.#publish('edit', edit.bytes)
        this.#observer.changed()
      },
    })
    this.#own = new OwnEdits(options.doc, options.origin, update => this.#edited(update))
    this.#undo.push(
      options.tabs.on('edit', bytes => this.#apply(bytes)),
      options.tabs.on('log', () => void this.#readAgain()),
      options.tabs.onChange(() => this.#leadershipChanged()),
      options.log.onLost(() => this.#storeAgain()),
    )
    void this.#load(isEmptyDoc(options.doc) ? null : Y.encodeStateAsUpdate(options.doc))
  }

  // What can be seen from outside.

  get ydoc(): Y.Doc {
    return this.#ydoc
  }

  get phase(): Phase {
    return this.#phase
  }

  get isLoaded(): boolean {
    return this.#isLoaded
  }

  get isSynced(): boolean {
    return this.#isSynced
  }

  get permission(): Permission | null {
    return this.#permission
  }

  get position(): Seq {
    return this.#position
  }

  get epoch(): Epoch | null {
    return this.#epoch
  }

  get pending(): PendingCount {
    return this.#outbox.count
  }

  get isReceived(): boolean {
    return this.#outbox.isReceived
  }

  /** Everything pending survives the end of this tab. */
  get isOnDevice(): boolean {
    return this.#log.survives && this.#writer.isUpToDate
  }

  /** Why the device keeps nothing; `null` while it does. */
  get trouble(): LocalTrouble | null {
    return this.#log.survives ? this.#writer.trouble : 'local-unavailable'
  }

  get savedAt(): Millis | null {
    return this.#savedAt
  }

  /** Why edits are held back. */
  get refusal(): Failure | null {
    return this.#outbox.heldFrom === null ? null : this.#refusal
  }

  // What the owner does.

  /** Takes a place on a connection (again). */
  join(seatOn: (member: Member) => Seat): void {
    if (this.#seat !== null || this.#phase.kind === 'destroyed') return
    if (this.#phase.kind === 'ended') this.#setPhase({ kind: 'apart' })
    this.#seat = seatOn(this)
    this.#numberAnew()
  }

  #numberAnew(): void {
    const seat = this.#seat
    if (seat !== null) this.#outbox.number(() => seat.nextCounter())
  }

  /** Asks again for a document the server had ended. */
  reopen(): void {
    if (this.#phase.kind !== 'ended') return
    this.#setPhase({ kind: 'apart' })
    this.#open()
  }

  /** Gives the place up; edits go on being kept. */
  leave(): void {
    this.#own.flush()
    this.#sendSeen()
    const seat = this.#seat
    this.#seat = null
    seat?.leave()
    this.parted()
  }

  sendPresence(bytes: Uint8Array): void {
    if (this.#channel !== null) this.#seat?.send({ type: 'awareness', channel: this.#channel, bytes })
  }

  /** Resolves when everything done so far is on the server's disk; rejects when it cannot be. */
  flush(): Promise<void> {
    this.#own.flush()
    const why = this.#whyNever()
    if (why !== null) return Promise.reject(new TuttiError(why.code, why.message))
    if (this.#isLoaded && this.#outbox.isEmpty && this.#isSynced) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /** Resolves when every edit made so far is on this device; rejects with why it cannot be. */
  async whenStored(): Promise<void> {
    this.#own.flush()
    if (!this.#log.survives) {
      throw Object.assign(new Error('nothing can be kept on this device'), { code: 'local-unavailable' })
    }
    await this.#writer.whenStored()
  }

  /** Resolves when what can be stored is. */
  async destroy(): Promise<void> {
    if (this.#phase.kind === 'destroyed') return
    this.#own.stop()
    this.leave()
    this.#setPhase({ kind: 'destroyed' })
    for (const cancel of [this.#quiet, this.#seen, this.#orphans]) cancel?.()
    for (const undo of this.#undo.splice(0)) undo()
    for (const waiter of this.#waiters.splice(0))
      waiter.reject(new TuttiError('draining', 'the provider was destroyed'))
    await this.#writer.close()
    this.#options.tabs.close()
  }

  // The device's copy.

  async #load(content: Uint8Array | null): Promise<void> {
    const copy = await this.#readCopy()
    if (this.#phase.kind === 'destroyed') return
    this.#takeCopy(copy)
    applyAll(this.#ydoc, copy.updates, this.#options.origin)
    this.#isLoaded = true
    // What the app had put into the document before we knew it.
    const news = content === null ? null : whatIsNew(content, copy.updates)
    if (news !== null) this.#edited(news)
    this.#setPhase({ kind: 'apart' })
    this.#observer.loaded()
    await this.#adoptOrphans(copy)
    this.#lookForOrphansLater()
    this.#open()
  }

  async #readCopy(): Promise<LocalDocument> {
    try {
      return await this.#log.open(this.doc)
    } catch {
      // Nothing can be read here; the server has it, or nobody.
      return { epoch: null, position: seq(0), updates: [], pending: [], damaged: [] }
    }
  }

  #takeCopy(copy: LocalDocument): void {
    this.#epoch = copy.epoch
    // A copy with holes claims nothing: the server then looks at what is really there.
    this.#position = copy.damaged.length === 0 ? copy.position : seq(0)
    this.#isCompared = false
  }

  /** Edits that ended sessions left behind are ours to send, while we lead (SPEC CLI10). */
  async #adoptOrphans(copy: LocalDocument): Promise<void> {
    const { tabs, session } = this.#options
    if (!tabs.isLeader || copy.pending.length === 0) return
    const ended = new Map<SessionId, boolean>([[session, false]])
    for (const edit of copy.pending) {
      if (!ended.has(edit.session)) ended.set(edit.session, !(await tabs.isAlive(edit.session)))
    }
    const left = copy.pending.filter(edit => ended.get(edit.session) === true)
    if (left.length === 0 || this.#phase.kind === 'destroyed') return
    const before = this.#outbox.all.length
    this.#outbox.adopt(left)
    if (this.#outbox.all.length === before) return
    this.#numberAnew()
    this.#observer.changed()
    if (this.#phase.kind === 'live') this.#upload()
  }

  /** Somebody cleared the device's storage under us. */
  #storeAgain(): void {
    for (const edit of this.#outbox.all) if (edit.number > 0) this.#writer.own(edit)
    if (this.#epoch === null) return
    this.#writer.fromServer(this.#epoch, Y.encodeStateAsUpdate(this.#ydoc), this.#position, seq(0))
  }

  #lookForOrphansLater(): void {
    if (!this.#log.survives || this.#phase.kind === 'destroyed') return
    this.#orphans?.()
    this.#orphans = this.#env.timers.after(orphansMs, () => {
      void this.#lookForOrphans().finally(() => this.#lookForOrphansLater())
    })
  }

  async #lookForOrphans(): Promise<void> {
    if (!this.#options.tabs.isLeader) return
    try {
      const count = (await this.#log.pending()).get(this.doc)?.edits ?? 0
      if (count <= this.#outbox.all.length) return
      const copy = await this.#log.open(this.doc)
      applyAll(
        this.#ydoc,
        copy.pending.map(edit => edit.bytes),
        this.#options.origin,
      )
      await this.#adoptOrphans(copy)
    } catch {
      // The device does not answer now; the next look will tell.
    }
  }

  #leadershipChanged(): void {
    if (!this.#options.tabs.isLeader || !this.#isLoaded) return
    this.#writer.led()
    void this.#lookForOrphans()
  }

  // Own edits.

  #edited(bytes: Uint8Array): void {
    const edit: OutgoingEdit = {
      counter: this.#seat?.nextCounter() ?? 0,
      session: this.#options.session,
      number: ++this.#numbered,
      bytes,
      base: this.#position,
      isReceived: false,
    }
    this.#outbox.add(edit)
    // While the copy is put aside nothing may be added to the one that comes.
    if (!this.#isSettingAside) this.#writer.own(edit)
    if (this.#phase.kind === 'live' && this.#outbox.heldFrom === null) this.#sendLive(edit)
    this.#observer.changed()
  }

  #sendLive(edit: OutgoingEdit): void {
    const mayNot = this.#whyNot(edit)
    if (mayNot !== null) return this.#hold(edit, mayNot)
    this.#send(edit.counter, edit.bytes, false)
  }

  #send(counter: number, bytes: Uint8Array, resync: boolean): void {
    if (this.#channel === null) return
    const isNext = this.#sentCounter > 0 && counter === this.#sentCounter + 1
    this.#sentCounter = counter
    this.#seat?.send({
      type: 'update',
      channel: this.#channel,
      counter,
      base: this.#position,
      resync: resync || !isNext,
      bytes,
    })
  }

  #whyNot(edit: OutgoingEdit): Failure | null {
    if (this.#permission === 'read') return { code: 'read-only', message: 'you may read this document, not change it' }
    const most = this.#terms?.maxUpdateBytes ?? 0
    if (edit.bytes.length <= most) return null
    return { code: 'too-large', message: `one edit has at most ${most} bytes` }
  }

  // The connection: Member.

  greeted(terms: Terms): void {
    this.#terms = terms
    this.#storeReason = null
    this.#reconciles = 0
    this.#failures = 0
    this.#hasRefreshed = false
    this.#open()
  }

  parted(): void {
    this.#terms = null
    this.#loseChannel()
    if (this.#phase.kind !== 'loading' && this.#phase.kind !== 'ended' && this.#phase.kind !== 'destroyed') {
      this.#setPhase({ kind: 'apart' })
    }
  }

  storeChanged(available: boolean, message: string): void {
    this.#storeReason = available ? null : message
    if (available && this.#phase.kind === 'store-unavailable') this.#upload()
    else if (!available && (this.#phase.kind === 'live' || this.#phase.kind === 'uploading'))
      this.#waitForStore(message)
  }

  opened(answer: Extract<ServerMessage, { type: 'opened' }>): void {
    this.#channel = answer.channel
    this.#permission = answer.permission
    this.#serverEpoch = answer.epoch as Epoch
    this.#sentCounter = 0
    // What the server refused then it may take now: one try on each connection.
    this.#outbox.heldFrom = null
    this.#setPhase({ kind: 'catching-up' })
    this.#observer.opened()
  }

  openRefused(code: ErrorCode, message: string): void {
    if (code === 'epoch-mismatch') return void this.#setAside()
    if (code === 'unauthorized' && !this.#hasRefreshed) {
      this.#hasRefreshed = true
      if (this.#seat?.refreshToken(() => this.#open()) === true) return
    }
    this.#closedBy(code, message)
  }

  received(message: ChannelMessage): void {
    switch (message.type) {
      case 'state':
        this.#incoming = new Incoming(message)
        if (this.#incoming.isComplete) this.#caughtUp(this.#incoming)
        return
      case 'piece':
        this.#incoming?.add(message.bytes)
        if (this.#incoming?.isComplete === true) this.#caughtUp(this.#incoming)
        return
      case 'push':
        return this.#pushed(message.from, message.to, message.bytes)
      case 'ack':
        return this.#acknowledged(message.counter, message.through)
      case 'received':
        this.#outbox.received(message.counter)
        return this.#observer.changed()
      case 'refused':
        return this.#refused(message.counter, message.code, message.message)
      case 'awareness':
        return this.#observer.presence(message.bytes)
      case 'seeded':
        this.#seeding = false
        return this.#becomeSynced()
      case 'permission':
        return this.#permitted(message.permission)
      case 'closed':
        this.#channel = null
        return this.#closedBy(message.code, message.message)
      case 'opened':
        return
    }
  }

  #open(): void {
    if (!this.#isLoaded || this.#terms === null || this.#phase.kind !== 'apart') return
    this.#cancelRetry()
    this.#own.flush()
    this.#setPhase({ kind: 'opening' })
    this.#seat?.open({
      epoch: this.#epoch ?? '',
      position: this.#epoch === null ? 0 : this.#position,
      stateVector: Y.encodeStateVector(this.#ydoc),
      client: this.#ydoc.clientID,
    })
  }

  #loseChannel(): void {
    this.#channel = null
    this.#incoming = null
    this.#isReconciling = false
    this.#seeding = false
    this.#cancelRetry()
    this.#quiet?.()
    if (this.#isSynced) {
      this.#isSynced = false
      this.#observer.synced(false)
    }
  }

  #closedBy(code: ErrorCode, message: string): void {
    this.#loseChannel()
    if (errorKinds[code].retry === 'never') {
      this.#setPhase({ kind: 'ended', code, message })
      this.#rejectWaiters({ code, message })
      return this.#observer.ended({ code, message })
    }
    this.#setPhase({ kind: 'apart' })
    this.#retryAfter(backoffMs(this.#failures++, this.#env.random, reopenWait), () => this.#open())
  }

  // What comes from the server.

  #caughtUp(incoming: Incoming): void {
    const { state, bytes } = incoming
    const wasReconciling = this.#isReconciling
    this.#incoming = null
    this.#isReconciling = false
    if (bytes.length > 0) this.#apply(bytes)
    // The server lost entries we had seen: from here on its numbers mean other things.
    const hasLost = state.head < this.#position
    if (hasLost) this.#position = seq(state.head)
    this.#keep(bytes, seq(state.head), this.#position)
    this.#told = {
      digest: state.digest,
      stateVector: state.stateVector,
      head: state.head,
      changes: this.#own.changes,
      isBehind: hasLost || this.#holdsMoreThan(state.stateVector),
    }
    if (wasReconciling) return this.#reconciled()
    const { seed } = this.#options
    if (seed !== undefined && state.head === 0 && this.#permission === 'write' && isEmptyDoc(this.#ydoc))
      this.#seed(seed)
    else this.#becomeSynced()
    this.#upload()
    // What came builds on what the copy should have had and has not.
    if (hasGaps(this.#ydoc)) this.#reconcile()
    this.#compareLater()
  }

  #becomeSynced(): void {
    if (this.#isSynced || this.#channel === null) return
    this.#isSynced = true
    this.#observer.synced(true)
    this.#observer.changed()
    this.#settleWaiters()
  }

  /** Initial content comes from a document of its own, by way of the server, so that it is there once (SPEC CLI11). */
  #seed(seed: (doc: Y.Doc) => void): void {
    const scratch = emptyLike(this.#ydoc)
    try {
      seed(scratch)
      const bytes = Y.encodeStateAsUpdate(scratch)
      if (isEmptyUpdate(bytes) || this.#channel === null) return this.#becomeSynced()
      this.#seeding = true
      this.#seat?.send({ type: 'seed', channel: this.#channel, bytes })
    } catch (error) {
      this.#becomeSynced()
      rethrowLater(error)
    } finally {
      scratch.destroy()
    }
  }

  #pushed(from: number, to: number, bytes: Uint8Array): void {
    const changes = this.#own.changes
    this.#apply(bytes)
    // Nothing new: another tab's edit, which that tab has put on this device.
    const news = this.#own.changes === changes && !hasGaps(this.#ydoc) ? noBytes : bytes
    if (from <= this.#position + 1) this.#keep(news, seq(Math.max(to, this.#position)), seq(Math.max(0, from - 1)))
    else this.#keep(news, this.#position, this.#position)
    if (this.#phase.kind === 'stuck') this.#offerAgain()
  }

  /** Notes for the device what the server sent, and how far that brings us. */
  #keep(bytes: Uint8Array, position: Seq, after: Seq): void {
    if (position > this.#position) {
      this.#position = position
      this.#seenLater()
    }
    const news = isEmptyUpdate(bytes) ? noBytes : bytes
    // What others did may come before our own first edit is acknowledged: it is kept although we have no position yet.
    if (this.#serverEpoch === null || (this.#position === 0 && news.length === 0)) return
    this.#epoch = this.#serverEpoch
    if (news.length > 0 || position > after) this.#writer.fromServer(this.#serverEpoch, news, position, after)
  }

  #apply(bytes: Uint8Array): void {
    try {
      Y.applyUpdate(this.#ydoc, bytes, this.#options.origin)
    } catch (error) {
      // An observer of the app's: its mistake is shown where it can be seen, and sync goes on.
      rethrowLater(error)
    }
  }

  #acknowledged(counter: number, through: number): void {
    const done = this.#outbox.acknowledge(counter)
    if (done.length > 0) {
      this.#savedAt = this.#env.clock.now()
      this.#failures = 0
      this.#batchLimit = Math.min(maxBatchEdits, this.#batchLimit * 2)
      this.#writer.acknowledged(done)
    }
    if (through > this.#position) this.#keep(noBytes, seq(through), this.#position)
    if (this.#phase.kind === 'uploading' && counter >= this.#batchThrough) this.#upload()
    else if (this.#outbox.free.length === 0) this.#seat?.releaseUpload()
    this.#settleWaiters()
    this.#observer.changed()
  }

  #permitted(permission: Permission): void {
    this.#permission = permission
    if (permission === 'write' && this.#outbox.heldFrom !== null && this.#phase.kind === 'live') {
      this.#outbox.heldFrom = null
      this.#upload()
    }
    this.#observer.changed()
  }

  // Uploading what is pending.

  /** Offers what is pending, as few messages as it takes, in order. */
  #upload(): void {
    this.#cancelRetry()
    if (this.#channel === null || this.#terms === null) return
    if (this.#storeReason !== null) return this.#waitForStore(this.#storeReason)
    const batch = this.#outbox.batch(this.#batchLimit, this.#terms.maxUpdateBytes)
    if (batch.length === 0) {
      this.#seat?.releaseUpload()
      return this.#setPhase({ kind: 'live' })
    }
    this.#setPhase({ kind: 'uploading' })
    this.#batchThrough = Number.POSITIVE_INFINITY
    const bytes = batch.reduce((sum, edit) => sum + edit.bytes.length, 0)
    if (bytes > largeBytes) this.#seat?.requestUpload(() => this.#uploadBatch())
    else this.#uploadBatch()
  }

  #uploadBatch(): void {
    if (this.#phase.kind !== 'uploading' || this.#terms === null) return
    const batch = this.#outbox.batch(this.#batchLimit, this.#terms.maxUpdateBytes)
    if (batch.length === 0) return this.#upload()
    for (const edit of batch) {
      const mayNot = this.#whyNot(edit)
      if (mayNot === null) continue
      this.#hold(edit, mayNot)
      return this.#upload()
    }
    const vector = this.#told?.stateVector ?? new Uint8Array([0])
    const { all } = this.#outbox
    // Halved batches are looking for an edit that will not be taken: there every edit must speak for itself.
    const mayTell = this.#outbox.heldFrom === null && this.#batchLimit === maxBatchEdits
    const told = mayTell ? toldBytes(this.#ydoc, all, vector, this.#terms.maxUpdateBytes) : null
    const edits = told === null ? batch : all
    const through = (edits.at(-1) as OutgoingEdit).counter
    const bytes = told ?? lackingBytes(edits, vector)
    this.#batchThrough = through
    this.#batchEdits = edits.length
    this.#send(through, bytes, true)
    if (edits.length === this.#outbox.free.length) this.#setPhase({ kind: 'live' })
  }

  #refused(counter: number, code: ErrorCode, message: string): void {
    // The server hears nothing of this channel now but a resync.
    this.#sentCounter = 0
    // What was sent to mend the server is nothing of ours to hold.
    const mending = this.#outbox.all.filter(edit => edit.number === 0 && edit.counter <= counter)
    this.#outbox.remove(mending)
    // Another client may hold what ours builds on, or still be believed to be the one whose edits we found: both pass.
    const mayPass = code === 'missing-dependencies' || (code === 'identity' && this.#failures < maxIdentityTries)
    if (mayPass || mending.length > 0) return this.#becomeStuck()
    if (code === 'store-unavailable') return this.#waitForStore(message)
    if (errorKinds[code].retry === 'later') {
      this.#setPhase({ kind: 'stuck' })
      return this.#retryAfter(backoffMs(this.#failures++, this.#env.random, reopenWait), () => this.#upload())
    }
    const refused = this.#outbox.free.filter(edit => edit.counter <= counter)
    const last = refused.at(-1)
    if (last === undefined) return this.#upload()
    const isBatch = counter === this.#batchThrough && this.#batchEdits > 1 && refused.length > 1
    if (!isBatch) this.#hold(last, { code, message })
    else if (code === 'read-only') this.#hold(refused[0] as OutgoingEdit, { code, message })
    else this.#batchLimit = Math.ceil(Math.min(this.#batchEdits, refused.length) / 2)
    this.#upload()
  }

  /** From this edit on nothing is sent until somebody decides (SPEC CLI7). */
  #hold(edit: OutgoingEdit, why: Failure): void {
    this.#outbox.heldFrom = edit
    this.#refusal = why
    this.#rejectWaiters(why)
    this.#observer.changed()
    if (this.#toldOf === edit) return
    this.#toldOf = edit
    const { held } = this.#outbox
    const edits = held.length
    const bytes = mergeUpdates(held.map(one => one.bytes))
    this.#observer.refused({
      ...why,
      edits,
      bytes,
      undo: () => this.#withdraw(null).then(() => {}),
      keep: reason => this.#withdraw(reason ?? why.code) as Promise<Branch>,
    })
  }

  #waitForStore(reason: string): void {
    this.#setPhase({ kind: 'store-unavailable', reason })
    this.#retryAfter(storeWaitMs, () => {
      this.#storeReason = null
      this.#upload()
    })
  }

  #becomeStuck(): void {
    this.#setPhase({ kind: 'stuck' })
    this.#retryAfter(stuckWait.firstMs + backoffMs(this.#failures++, this.#env.random, stuckWait), () => {
      this.#offerAgain()
    })
  }

  /** First simply again; if that does not help, both sides show each other all they have. */
  #offerAgain(): void {
    if (this.#failures < 2 || !this.#reconcile()) this.#upload()
  }

  #retryAfter(ms: Millis, call: () => void): void {
    this.#cancelRetry()
    this.#retry = this.#env.timers.after(ms, () => {
      this.#retry = null
      call()
    })
  }

  #cancelRetry(): void {
    this.#retry?.()
    this.#retry = null
  }

  // Comparing with the server.

  #compareLater(): void {
    this.#quiet?.()
    if (this.#isCompared && this.#told?.isBehind !== true) return
    this.#quiet = this.#env.timers.after(quietMs, () => this.#compare())
  }

  /** A digest walks the whole document: once for each copy, when nothing else is going on (SPEC CLI9). */
  #compare(): void {
    const told = this.#told
    if (told === null || this.#channel === null) return
    if (!this.#outbox.isEmpty || this.#phase.kind !== 'live') return this.#compareLater()
    const isStill = told.head === this.#position && told.changes === this.#own.changes
    if (!isStill && !told.isBehind) return
    this.#isCompared = true
    if (isStill && docDigest(this.#ydoc) === told.digest) return
    this.#reconcile()
  }

  /** True when the server lacks something that is not among what we are about to send. */
  #holdsMoreThan(stateVector: Uint8Array): boolean {
    const ahead = clientsAhead(this.#ydoc, stateVector)
    if (ahead.length === 0 || this.#outbox.isEmpty) return ahead.length > 0
    const pending = clientsOf(this.#outbox.all)
    return ahead.some(client => !pending.has(client))
  }

  #reconcile(): boolean {
    if (this.#channel === null || this.#isReconciling || this.#reconciles >= maxReconciles) return this.#isReconciling
    this.#reconciles++
    this.#isReconciling = true
    this.#seat?.send({ type: 'reconcile', channel: this.#channel, stateVector: Y.encodeStateVector(this.#ydoc) })
    return true
  }

  /** We now have all the server has; it gets what it lacks (SPEC CLI8). */
  #reconciled(): void {
    const told = this.#told
    if (told !== null) told.isBehind = false
    const mayHeal = this.#permission === 'write' && this.#outbox.heldFrom === null && this.#storeReason === null
    if (told === null || !mayHeal || docDigest(this.#ydoc) === told.digest) return this.#upload()
    const bytes = Y.encodeStateAsUpdate(this.#ydoc, told.stateVector)
    if (bytes.length > (this.#terms?.maxUpdateBytes ?? 0)) return void this.#mendInParts()
    const counter = this.#addMending(bytes)
    this.#batchThrough = counter
    this.#batchEdits = 1
    this.#send(counter, bytes, true)
    this.#setPhase({ kind: 'live' })
  }

  /** An update that is too large cannot be cut, but the device has it as it came: in smaller ones. */
  async #mendInParts(): Promise<void> {
    const { updates } = await this.#readCopy()
    if (this.#channel === null) return
    for (const bytes of updates) this.#addMending(bytes)
    this.#upload()
  }

  #addMending(bytes: Uint8Array): number {
    const counter = this.#seat?.nextCounter() ?? 0
    const { session } = this.#options
    this.#outbox.add({ counter, session, number: 0, bytes, base: this.#position, isReceived: false })
    return counter
  }

  // Another document in the place of this one.

  /** The server's document is another one by now: ours becomes a branch, and we begin with nothing (SPEC CLI12). */
  async #setAside(): Promise<void> {
    this.#own.flush()
    this.#setPhase({ kind: 'loading' })
    this.#isSettingAside = true
    const before = new Set(this.#outbox.all)
    try {
      if (this.#options.tabs.isLeader || before.size > 0) {
        await this.#branchOff('epoch-mismatch', Y.encodeStateAsUpdate(this.#ydoc))
      }
      await this.#writer.reset()
      if (this.#options.tabs.isLeader) await this.#log.remove(this.doc)
    } catch (error) {
      // Nothing is let go of that could not be put aside.
      this.#isSettingAside = false
      const message = `the document is another one now, and this copy could not be set aside: ${String(error)}`
      return this.#closedBy('epoch-mismatch', message)
    }
    if (this.#hasEnded()) return
    this.#own.stop()
    this.#isSettingAside = false
    const late = this.#outbox.all.filter(edit => !before.has(edit)).map(edit => edit.bytes)
    void this.#branchOff('epoch-mismatch', mergeUpdates(late)).catch(() => {})
    this.#outbox.remove(this.#outbox.all)
    this.#epoch = null
    this.#position = seq(0)
    this.#replace([])
  }

  async #branchOff(reason: string, bytes: Uint8Array): Promise<Branch | null> {
    if (isEmptyUpdate(bytes)) return null
    return await this.#log.addBranch({ doc: this.doc, epoch: this.#epoch, at: this.#env.clock.now(), reason, bytes })
  }

  /** Takes back what is held. A `Y.Doc` cannot forget, so another one is built without it. */
  async #withdraw(keepReason: string | null): Promise<Branch | null> {
    this.#own.flush()
    const held = this.#outbox.held
    if (held.length === 0) throw new TuttiError('internal', 'these edits are not held any more')
    const bytes = mergeUpdates(held.map(edit => edit.bytes))
    const branch = keepReason === null ? null : await this.#branchOff(keepReason, bytes)
    await this.#forget(held)
    const copy = await this.#readCopy()
    if (this.#hasEnded()) return branch
    this.#own.flush()
    const late = this.#outbox.held.filter(edit => !held.includes(edit))
    this.#outbox.remove([...held, ...late])
    void this.#forget(late).catch(() => {})
    this.#takeCopy(copy)
    const gone = new Set([...held, ...late].map(edit => edit.bytes))
    this.#replace([...copy.updates, ...this.#outbox.all.map(edit => edit.bytes)].filter(bytes => !gone.has(bytes)))
    this.#publish('log', noBytes)
    return branch
  }

  /** Another tab took edits out of the device's copy. */
  async #readAgain(): Promise<void> {
    if (!this.#isLoaded) return
    const copy = await this.#readCopy()
    if (this.#hasEnded()) return
    this.#own.flush()
    this.#takeCopy(copy)
    this.#replace([...copy.updates, ...this.#outbox.all.map(edit => edit.bytes)])
  }

  async #forget(edits: readonly OutgoingEdit[]): Promise<void> {
    await this.#writer.forget(edits)
    const sessions = new Map<SessionId, number[]>()
    for (const { session, number } of edits) sessions.set(session, [...(sessions.get(session) ?? []), number])
    for (const [session, numbers] of sessions) await this.#log.withdraw(this.doc, session, numbers)
  }

  #replace(updates: readonly Uint8Array[]): void {
    this.#own.stop()
    this.#ydoc = emptyLike(this.#ydoc)
    this.#own = new OwnEdits(this.#ydoc, this.#options.origin, update => this.#edited(update))
    applyAll(this.#ydoc, updates, this.#options.origin)
    this.#told = null
    this.#isCompared = false
    this.#seat?.closeChannel()
    this.#loseChannel()
    this.#setPhase({ kind: 'apart' })
    this.#observer.replaced(this.#ydoc)
    this.#open()
  }

  // Small things.

  #publish(topic: 'edit' | 'log', bytes: Uint8Array): void {
    try {
      this.#options.tabs.post(topic, bytes)
    } catch {
      // The browser took the channel away; the server brings it to the other tabs.
    }
  }

  #seenLater(): void {
    this.#seen ??= this.#env.timers.after(seenMs, () => {
      this.#seen = null
      this.#sendSeen()
    })
  }

  #sendSeen(): void {
    if (this.#channel === null || this.#position <= this.#seenPosition) return
    this.#seenPosition = this.#position
    this.#seat?.send({ type: 'seen', channel: this.#channel, position: this.#position })
  }

  #hasEnded(): boolean {
    return this.#phase.kind === 'destroyed'
  }

  #whyNever(): Failure | null {
    if (this.#phase.kind === 'ended') return this.#phase
    if (this.#phase.kind === 'destroyed') return { code: 'draining', message: 'the provider was destroyed' }
    return this.refusal
  }

  #settleWaiters(): void {
    if (!this.#outbox.isEmpty || !this.#isSynced || this.#seeding) return
    for (const waiter of this.#waiters.splice(0)) waiter.resolve()
  }

  #rejectWaiters(why: Failure): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new TuttiError(why.code, why.message))
  }

  #setPhase(phase: Phase): void {
    if (this.#phase.kind === 'destroyed') return
    this.#phase = phase
    this.#observer.changed()
  }
}

/** Thrown where the host reports it, and nowhere in our way. */
function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
