import {
  type DocName,
  type Epoch,
  type Failure,
  type Millis,
  type Permission,
  type Seq,
  seq,
  TuttiError,
} from '@tutti/core'
import type * as Y from 'yjs'
import type { Member, Seat } from '../connection/member.ts'
import type { LocalDocument, LocalTrouble, PendingCount } from '../persistence/local-log.ts'
import { Comparison } from './comparison.ts'
import { Conversation } from './conversation.ts'
import { DeviceWriter } from './device-writer.ts'
import { isEmptyDoc, whatIsNew } from './document-content.ts'
import { DocumentMember } from './document-member.ts'
import { FlushWaiters } from './flush-waiters.ts'
import { LentEdits } from './lent-edits.ts'
import { LiveDocument } from './live-document.ts'
import { LogPosition } from './log-position.ts'
import { Orphans } from './orphans.ts'
import { type OutgoingEdit, Outbox } from './outbox.ts'
import type { Phase } from './phase.ts'
import { Rebuilding } from './rebuilding.ts'
import { Retries } from './retries.ts'
import type { DocumentSyncOptions, SyncObserver } from './sync-options.ts'
import { Uploader } from './uploader.ts'

/**
 * One document: its `Y.Doc`, its place in the device's log, its conversation with the server (SPEC CLI). Puts the parts
 * together, each of which has its idea in a file of its own, and keeps them in step with the device.
 */
export class DocumentSync {
  readonly doc: DocName
  readonly #options: DocumentSyncOptions
  readonly #observer: SyncObserver
  readonly #writer: DeviceWriter
  readonly #live: LiveDocument
  readonly #talk: Conversation
  readonly #position: LogPosition
  readonly #outbox = new Outbox()
  readonly #uploader: Uploader
  readonly #comparison: Comparison
  readonly #rebuilding: Rebuilding
  readonly #lent = new LentEdits()
  readonly #orphans: Orphans
  readonly #member: DocumentMember
  readonly #waiters = new FlushWaiters()
  readonly #stopListening: () => void
  #isLoaded = false
  /** Another tab took edits out of the copy while it was being read. */
  #isOutdated = false
  #numbered = 0

  constructor(options: DocumentSyncOptions) {
    const { log, tab, env, observer } = options
    this.#options = options
    this.doc = options.name
    this.#observer = observer
    this.#writer = new DeviceWriter({
      log,
      doc: options.name,
      env,
      isLeader: () => tab.isLeader,
      ready: tab.ready,
      changed: (edits, isStored) => {
        for (const edit of edits) if (edit.session === options.session) tab.tellEdit(edit.bytes, isStored)
        observer.changed()
      },
    })
    const writer = this.#writer
    const outbox = this.#outbox
    const live = new LiveDocument(options.doc, options.origin, update => this.#edited(update))
    const talk = new Conversation(() => observer.changed())
    const position = new LogPosition(env, writer, at => talk.say({ type: 'seen', position: at }))
    this.#live = live
    this.#talk = talk
    this.#position = position
    const retries = new Retries(env)
    const parts = { sync: options, talk, live, position, outbox }
    this.#uploader = new Uploader({
      ...parts,
      retries,
      serverVector: () => this.#comparison.serverVector,
      reconcile: () => this.#comparison.reconcile(),
      withdraw: keepReason => this.#rebuilding.withdraw(keepReason),
      held: why => this.#waiters.reject(why),
    })
    this.#comparison = new Comparison({
      ...parts,
      uploader: this.#uploader,
      readUpdates: async () => (await this.#readCopy()).updates,
    })
    this.#rebuilding = new Rebuilding({
      ...parts,
      writer,
      readCopy: () => this.#readCopy(),
      takeCopy: copy => this.#takeCopy(copy),
      replace: updates => this.#replace(updates),
    })
    const lent = this.#lent
    this.#orphans = new Orphans({
      sync: options,
      live,
      outbox,
      lent,
      adopted: () => this.#adopted(),
      takeOver: bytes => this.#edited(bytes),
    })
    this.#member = new DocumentMember({
      ...parts,
      writer,
      retries,
      uploader: this.#uploader,
      comparison: this.#comparison,
      waiters: this.#waiters,
      setAside: () => this.#rebuilding.setAside(),
    })
    tab.listener = {
      edited(bytes, isStored, session) {
        if (!isStored) {
          if (session !== null) lent.add(session, bytes)
          return live.borrow(bytes)
        }
        // It stores its edits in their order: what it lent before is stored, too.
        if (session !== null) lent.take(session)
        live.apply(bytes)
        writer.storedElsewhere(bytes)
      },
      rewritten: session => {
        if (session !== null) lent.take(session)
        if (this.#isLoaded) void this.#rebuilding.readAgain()
        else this.#isOutdated = true
      },
      leadershipChanged: () => this.#leadershipChanged(),
    }
    this.#stopListening = log.onLost(() => this.#storeAgain())
    void this.#load(isEmptyDoc(options.doc) ? null : live.state)
  }

  // What can be seen from outside.

  get ydoc(): Y.Doc {
    return this.#live.doc
  }

  get phase(): Phase {
    return this.#talk.phase
  }

  get isLoaded(): boolean {
    return this.#isLoaded
  }

  get isSynced(): boolean {
    return this.#member.isSynced
  }

  get permission(): Permission | null {
    return this.#talk.permission
  }

  get position(): Seq {
    return this.#position.at
  }

  get epoch(): Epoch | null {
    return this.#position.epoch
  }

  get pending(): PendingCount {
    return this.#outbox.count
  }

  get isReceived(): boolean {
    return this.#outbox.isReceived
  }

  /** Everything pending survives the end of this tab. */
  get isOnDevice(): boolean {
    return this.#options.log.survives && this.#writer.isUpToDate
  }

  /** Why the device keeps nothing; `null` while it does. */
  get trouble(): LocalTrouble | null {
    return this.#options.log.survives ? this.#writer.trouble : 'local-unavailable'
  }

  get savedAt(): Millis | null {
    return this.#member.savedAt
  }

  /** Why edits are held back. */
  get refusal(): Failure | null {
    return this.#uploader.refusal
  }

  // What the owner does.

  /** Takes a place on a connection (again). */
  join(seatOn: (member: Member) => Seat): void {
    if (this.#talk.seat !== null || this.#talk.is('destroyed')) return
    if (this.#talk.is('ended')) this.#talk.go({ kind: 'apart' })
    this.#talk.seat = seatOn(this.#member)
    this.#numberAnew()
  }

  #numberAnew(): void {
    const { seat } = this.#talk
    if (seat !== null) this.#outbox.number(() => seat.nextCounter())
  }

  /** Asks again for a document that the server had ended, lets nobody change, or refused edits of. */
  reopen(): void {
    const isHeld = this.refusal !== null || this.permission === 'read'
    if (this.#talk.channel !== null && isHeld) this.#closeChannel()
    else if (this.#talk.is('ended')) this.#talk.go({ kind: 'apart' })
    else return
    this.#member.open()
  }

  /** Gives the place up; edits go on being kept. */
  leave(): void {
    this.#live.flush()
    this.#position.tell()
    const { seat } = this.#talk
    this.#talk.seat = null
    seat?.leave()
    this.#member.parted()
  }

  sendPresence(bytes: Uint8Array): void {
    this.#talk.say({ type: 'awareness', bytes })
  }

  /** Resolves when everything done so far is on the server's disk; rejects when it cannot be. */
  flush(): Promise<void> {
    this.#live.flush()
    const why = this.#whyNever()
    if (why !== null) return Promise.reject(new TuttiError(why.code, why.message))
    if (this.#isLoaded && this.#outbox.isEmpty && this.isSynced) return Promise.resolve()
    return this.#waiters.wait()
  }

  #whyNever(): Failure | null {
    const { phase } = this.#talk
    if (phase.kind === 'ended') return phase
    return phase.kind === 'destroyed' ? destroyed : this.refusal
  }

  /** Resolves when every edit made so far is on this device; rejects with why it cannot be. */
  async whenStored(): Promise<void> {
    this.#live.flush()
    if (!this.#options.log.survives) {
      throw Object.assign(new Error('nothing can be kept on this device'), { code: 'local-unavailable' })
    }
    await this.#writer.whenStored()
  }

  /** Resolves when what can be stored is. */
  async destroy(): Promise<void> {
    if (this.#talk.is('destroyed')) return
    this.#live.stop()
    this.leave()
    this.#talk.go({ kind: 'destroyed' })
    for (const part of [this.#comparison, this.#position, this.#orphans]) part.stop()
    this.#options.tab.listener = null
    this.#stopListening()
    this.#waiters.reject(destroyed)
    // As long as edits are being taken back nobody else may take them for left behind.
    await this.#uploader.whenDecided()
    await this.#writer.close()
    this.#options.tab.close()
  }

  // The device's copy.

  async #load(content: Uint8Array | null): Promise<void> {
    const copy = await this.#readCopy()
    if (this.#talk.is('destroyed')) return
    this.#takeCopy(copy)
    this.#live.applyAll(copy.updates)
    this.#isLoaded = true
    // What the app had put into the document before we knew it.
    const news = content === null ? null : whatIsNew(content, copy.updates)
    if (news !== null) this.#edited(news)
    this.#talk.go({ kind: 'apart' })
    this.#observer.loaded()
    if (this.#isOutdated) await this.#rebuilding.readAgain()
    else await this.#orphans.adopt(copy)
    this.#orphans.lookLater()
    this.#member.open()
  }

  async #readCopy(): Promise<LocalDocument> {
    try {
      return await this.#options.log.open(this.doc)
    } catch {
      // Nothing can be read here; the server has it, or nobody.
      return { epoch: null, position: seq(0), updates: [], pending: [], damaged: [] }
    }
  }

  #takeCopy(copy: LocalDocument): void {
    this.#position.take(copy)
    this.#comparison.begin()
  }

  #adopted(): void {
    this.#numberAnew()
    this.#observer.changed()
    if (this.#talk.is('live')) this.#uploader.upload()
  }

  /** Somebody cleared the device's storage under us. */
  #storeAgain(): void {
    for (const edit of this.#outbox.all) if (edit.number > 0) this.#writer.own(edit)
    const { epoch, at } = this.#position
    if (epoch !== null) this.#writer.fromServer(epoch, this.#live.state, at, seq(0))
  }

  #leadershipChanged(): void {
    if (!this.#options.tab.isLeader || !this.#isLoaded) return
    this.#writer.led()
    void this.#orphans.look()
  }

  #replace(updates: readonly Uint8Array[]): void {
    this.#live.replace(updates)
    this.#lent.clear()
    this.#comparison.forget()
    this.#closeChannel()
    this.#observer.replaced(this.ydoc)
    this.#member.open()
  }

  #closeChannel(): void {
    this.#talk.seat?.closeChannel()
    this.#member.loseChannel()
    this.#talk.go({ kind: 'apart' })
  }

  #edited(bytes: Uint8Array): void {
    const edit: OutgoingEdit = {
      counter: this.#talk.seat?.nextCounter() ?? 0,
      session: this.#options.session,
      number: ++this.#numbered,
      bytes,
      base: this.#position.at,
      isReceived: false,
    }
    this.#outbox.add(edit)
    // While the copy is put aside nothing may be added to the one that comes.
    if (!this.#rebuilding.isSettingAside) this.#writer.own(edit)
    this.#uploader.sendLive(edit)
    this.#observer.changed()
  }
}

const destroyed: Failure = { code: 'draining', message: 'the provider was destroyed' }
