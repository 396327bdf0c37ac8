import {
  type DocName,
  type Epoch,
  type ErrorCode,
  errorKinds,
  type Millis,
  noBytes,
  type ServerMessage,
  seq,
} from '@tutti/core'
import type { ChannelMessage, Member, Terms } from '../connection/member.ts'
import { mergeUpdates } from '../persistence/merge-updates.ts'
import type { Comparison } from './comparison.ts'
import type { Conversation } from './conversation.ts'
import type { DeviceWriter } from './device-writer.ts'
import { isEmptyDoc } from './document-content.ts'
import type { FlushWaiters } from './flush-waiters.ts'
import { Incoming } from './incoming.ts'
import type { LiveDocument } from './live-document.ts'
import type { LogPosition } from './log-position.ts'
import type { Outbox } from './outbox.ts'
import { reopenWait, type Retries } from './retries.ts'
import { seedBytes } from './seeding.ts'
import type { DocumentSyncOptions, SyncObserver } from './sync-options.ts'
import type { Uploader } from './uploader.ts'

export interface DocumentMemberOptions {
  readonly sync: DocumentSyncOptions
  readonly talk: Conversation
  readonly live: LiveDocument
  readonly position: LogPosition
  readonly outbox: Outbox
  readonly writer: DeviceWriter
  readonly retries: Retries
  readonly uploader: Uploader
  readonly comparison: Comparison
  readonly waiters: FlushWaiters
  /** Begins with nothing, because the server's document is another one; resolves with why that cannot be. */
  readonly setAside: () => Promise<string | null>
}

/** A document on its connection: what the server says, in the order of PROTOCOL.md "How a connection goes". */
export class DocumentMember implements Member {
  readonly #options: DocumentMemberOptions
  readonly #observer: SyncObserver
  readonly #talk: Conversation
  readonly #live: LiveDocument
  readonly #position: LogPosition
  readonly #outbox: Outbox
  readonly #retries: Retries
  readonly #uploader: Uploader
  readonly #comparison: Comparison
  #isSynced = false
  #isSeeding = false
  #incoming: Incoming | null = null
  #hasRefreshed = false
  #savedAt: Millis | null = null

  constructor(options: DocumentMemberOptions) {
    this.#options = options
    this.#observer = options.sync.observer
    this.#talk = options.talk
    this.#live = options.live
    this.#position = options.position
    this.#outbox = options.outbox
    this.#retries = options.retries
    this.#uploader = options.uploader
    this.#comparison = options.comparison
  }

  get doc(): DocName {
    return this.#options.sync.name
  }

  get priority(): number {
    return this.#options.sync.priority
  }

  /** The document has everything the server had when this channel was opened. */
  get isSynced(): boolean {
    return this.#isSynced
  }

  /** When the last edit of this client got to the server's disk. */
  get savedAt(): Millis | null {
    return this.#savedAt
  }

  greeted(terms: Terms): void {
    this.#talk.terms = terms
    this.#uploader.connected()
    this.#comparison.connected()
    this.#retries.failures = 0
    this.#hasRefreshed = false
    this.open()
  }

  parted(): void {
    this.#talk.terms = null
    this.loseChannel()
    if (!this.#talk.is('loading', 'ended', 'destroyed')) this.#talk.go({ kind: 'apart' })
  }

  storeChanged(available: boolean, message: string): void {
    this.#uploader.storeChanged(available, message)
  }

  /** Asks for the document, where that can be done now. */
  open(): void {
    if (this.#talk.terms === null || !this.#talk.is('apart')) return
    this.#retries.cancel()
    this.#live.flush()
    this.#talk.go({ kind: 'opening' })
    const { epoch, at } = this.#position
    this.#talk.seat?.open({
      epoch: epoch ?? '',
      position: epoch === null ? 0 : at,
      stateVector: this.#live.stateVector,
      client: this.#live.doc.clientID,
    })
  }

  opened(answer: Extract<ServerMessage, { type: 'opened' }>): void {
    this.#talk.channel = answer.channel
    this.#talk.permission = answer.permission
    this.#position.serverEpoch = answer.epoch as Epoch
    this.#uploader.opened()
    this.#talk.go({ kind: 'catching-up' })
    this.#observer.opened()
  }

  openRefused(code: ErrorCode, message: string): void {
    if (code === 'epoch-mismatch') return void this.#setAside()
    if (code === 'unauthorized' && !this.#hasRefreshed) {
      this.#hasRefreshed = true
      if (this.#talk.seat?.refreshToken(() => this.open()) === true) return
    }
    this.#closedBy(code, message)
  }

  async #setAside(): Promise<void> {
    const why = await this.#options.setAside()
    if (why !== null) this.#closedBy('epoch-mismatch', why)
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
        return this.#uploader.refused(message.counter, message.code, message.message)
      case 'awareness':
        return this.#observer.presence(message.bytes)
      case 'seeded':
        this.#isSeeding = false
        return this.#becomeSynced()
      case 'permission':
        this.#talk.permission = message.permission
        this.#uploader.permitted()
        return this.#observer.changed()
      case 'closed':
        this.#talk.channel = null
        return this.#closedBy(message.code, message.message)
      case 'opened':
        return
    }
  }

  loseChannel(): void {
    this.#talk.channel = null
    this.#incoming = null
    this.#isSeeding = false
    this.#comparison.parted()
    this.#retries.cancel()
    if (this.#isSynced) {
      this.#isSynced = false
      this.#observer.synced(false)
    }
  }

  #closedBy(code: ErrorCode, message: string): void {
    this.loseChannel()
    if (errorKinds[code].retry === 'never') {
      this.#talk.go({ kind: 'ended', code, message })
      this.#options.waiters.reject({ code, message })
      return this.#observer.ended({ code, message })
    }
    this.#talk.go({ kind: 'apart' })
    this.#retries.backOff(reopenWait, () => this.open())
  }

  // What comes from the server.

  #caughtUp(incoming: Incoming): void {
    this.#incoming = null
    if (this.#comparison.takeIn(incoming)) return this.#comparison.mend()
    this.#seedOrSync(incoming.state.head)
    this.#uploader.upload()
    // What came builds on what the copy should have had and has not.
    if (this.#live.hasGaps) this.#comparison.reconcile()
    this.#comparison.later()
  }

  #seedOrSync(head: number): void {
    const { seed } = this.#options.sync
    const mayBe = head === 0 && this.#talk.permission === 'write' && isEmptyDoc(this.#live.doc)
    const bytes = seed !== undefined && mayBe ? seedBytes(this.#live.doc, seed) : null
    if (bytes !== null && this.#talk.say({ type: 'seed', bytes })) this.#isSeeding = true
    else this.#becomeSynced()
  }

  #becomeSynced(): void {
    if (this.#isSynced || this.#talk.channel === null) return
    this.#isSynced = true
    this.#observer.synced(true)
    this.#observer.changed()
    this.#settleWaiters()
  }

  #pushed(from: number, to: number, bytes: Uint8Array): void {
    const position = this.#position
    const { changes } = this.#live
    this.#live.apply(bytes)
    // Nothing new: another tab's edit, which that tab has put on this device.
    const isNews = this.#live.changes !== changes || this.#live.hasGaps || this.#live.hasBorrowed
    const news = isNews ? bytes : noBytes
    if (from <= position.at + 1) position.keep(news, seq(Math.max(to, position.at)), seq(Math.max(0, from - 1)))
    else position.keep(news, position.at, position.at)
    this.#uploader.serverHasMore()
  }

  #acknowledged(counter: number, through: number): void {
    const done = this.#outbox.acknowledge(counter)
    if (done.length > 0) {
      this.#savedAt = this.#options.sync.env.clock.now()
      this.#options.writer.acknowledged(done)
    }
    // What mended the server may have been shown by another tab, and be on no device.
    const mended = this.#live.hasBorrowed ? done.filter(edit => edit.number === 0) : []
    const news = mended.length === 0 ? noBytes : mergeUpdates(mended.map(edit => edit.bytes))
    if (through > this.#position.at) this.#position.keep(news, seq(through), this.#position.at)
    this.#uploader.acknowledged(counter, done.length > 0)
    this.#settleWaiters()
    this.#observer.changed()
  }

  #settleWaiters(): void {
    if (this.#outbox.isEmpty && this.#isSynced && !this.#isSeeding) this.#options.waiters.settle()
  }
}
