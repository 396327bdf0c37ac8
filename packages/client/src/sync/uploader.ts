import { type ErrorCode, errorKinds, type Failure, TuttiError } from '@tutti/core'
import type { Branch } from '../persistence/local-log.ts'
import { mergeUpdates } from '../persistence/merge-updates.ts'
import type { Conversation } from './conversation.ts'
import { holdsAll } from './document-content.ts'
import type { LiveDocument } from './live-document.ts'
import type { LogPosition } from './log-position.ts'
import type { OutgoingEdit, Outbox } from './outbox.ts'
import { reopenWait, type Retries } from './retries.ts'
import type { DocumentSyncOptions } from './sync-options.ts'
import { lackingBytes, toldBytes } from './upload-bytes.ts'

/** Uploads above this many bytes wait for one of the connection's few places. */
const largeBytes = 64 * 1024
/** Edits in one upload; the server bounds structs, and an edit has a few. */
const maxBatchEdits = 10_000
const maxIdentityTries = 8
const stuckWait = { firstMs: 500, longestMs: 30_000 }
const storeWaitMs = 30_000

export interface UploaderOptions {
  readonly sync: DocumentSyncOptions
  readonly talk: Conversation
  readonly live: LiveDocument
  readonly position: LogPosition
  readonly outbox: Outbox
  readonly retries: Retries
  /** The server's state vector as it was told last; `null` where it was not. */
  readonly serverVector: () => Uint8Array | null
  /** Both sides show each other all they have; false where that was tried often enough. */
  readonly reconcile: () => boolean
  /** Takes back what is held; with a reason, it is kept as a branch. */
  readonly withdraw: (keepReason: string | null) => Promise<Branch | null>
  /** Edits are held from now on. */
  readonly held: (why: Failure) => void
}

/** Brings the outbox to the server: edits as they are made, what is pending in as few messages as it takes, in order. */
export class Uploader {
  readonly #options: UploaderOptions
  readonly #outbox: Outbox
  readonly #talk: Conversation
  readonly #retries: Retries
  /** What was sent last on this channel. Any other than the next counter says "resync", so that the server can follow. */
  #sentCounter = 0
  /** The counter that ends the batch under way, and how many edits it has. */
  #batchThrough = 0
  #batchEdits = 0
  #batchLimit = maxBatchEdits
  #refusal: Failure | null = null
  /** The refusal that was told last: once for each edit and reason. */
  #told: { readonly edit: OutgoingEdit; readonly code: ErrorCode } | null = null
  #isDeciding = false
  #decided: Promise<unknown> = Promise.resolve()
  /** Why the server's store takes nothing; `null` while it does. */
  #storeReason: string | null = null

  constructor(options: UploaderOptions) {
    this.#options = options
    this.#outbox = options.outbox
    this.#talk = options.talk
    this.#retries = options.retries
  }

  /** Why edits are held back. */
  get refusal(): Failure | null {
    return this.#outbox.heldFrom === null ? null : this.#refusal
  }

  /** Whether the server would take something now that mends it. */
  get mayMend(): boolean {
    return this.#talk.permission === 'write' && this.#outbox.heldFrom === null && this.#storeReason === null
  }

  /** Resolves when what was being decided about refused edits is done. */
  async whenDecided(): Promise<void> {
    await this.#decided
  }

  /** A new connection: its server may have a store that works. */
  connected(): void {
    this.#storeReason = null
  }

  /** A new channel. What the server refused then it may take now: one try on each. */
  opened(): void {
    this.#sentCounter = 0
    this.#release()
  }

  storeChanged(available: boolean, message: string): void {
    this.#storeReason = available ? null : message
    if (available && this.#talk.is('store-unavailable')) this.upload()
    else if (!available && this.#talk.is('live', 'uploading')) this.#waitForStore(message)
  }

  permitted(): void {
    if (this.#talk.permission !== 'write' || this.#outbox.heldFrom === null) return
    this.#release()
    if (this.#talk.is('live')) this.upload()
  }

  /** What is just being taken back is not offered again. */
  #release(): void {
    if (!this.#isDeciding) this.#outbox.heldFrom = null
  }

  /** Sends an edit that was just made. */
  sendLive(edit: OutgoingEdit): void {
    if (!this.#talk.is('live') || this.#outbox.heldFrom !== null) return
    const mayNot = this.#whyNot(edit)
    if (mayNot !== null) this.#hold(edit, mayNot)
    else this.#send(edit.counter, edit.bytes, false)
  }

  /** Offers what is pending. */
  upload(): void {
    this.#retries.cancel()
    const batch = this.#nextBatch()
    if (batch === null) return
    if (this.#storeReason !== null) return this.#waitForStore(this.#storeReason)
    if (batch.length === 0) {
      this.#talk.seat?.releaseUpload()
      return this.#talk.go({ kind: 'live' })
    }
    this.#talk.go({ kind: 'uploading' })
    this.#batchThrough = Number.POSITIVE_INFINITY
    const bytes = batch.reduce((sum, edit) => sum + edit.bytes.length, 0)
    if (bytes > largeBytes) this.#talk.seat?.requestUpload(() => this.#uploadBatch())
    else this.#uploadBatch()
  }

  /** Offers again what was not taken: first simply so; if that does not help, both sides show all they have. */
  offerAgain(): void {
    if (this.#retries.failures >= 2) {
      if (this.#options.reconcile()) return
      this.holdWhatHangs()
    }
    this.upload()
  }

  /** The server has shown all it has: what an edit of ours still waits for was taken back in another tab (SPEC TAB7). */
  holdWhatHangs(): void {
    const { doc, hasGaps } = this.#options.live
    const hanging = hasGaps ? this.#outbox.free.find(edit => edit.number > 0 && !holdsAll(doc, edit.bytes)) : undefined
    if (hanging !== undefined)
      this.#hold(hanging, { code: 'missing-dependencies', message: 'it builds on an edit that was taken back' })
  }

  /** The server has more than before: it may take what it did not. */
  serverHasMore(): void {
    if (this.#talk.is('stuck')) return this.offerAgain()
    const { heldFrom } = this.#outbox
    if (this.#refusal?.code !== 'missing-dependencies' || heldFrom === null) return
    if (!holdsAll(this.#options.live.doc, heldFrom.bytes)) return
    this.#release()
    this.upload()
  }

  /** Puts what the server lacks into the outbox, and returns its counter there. */
  addMending(bytes: Uint8Array): number {
    const { sync, position } = this.#options
    const counter = this.#talk.seat?.nextCounter() ?? 0
    this.#outbox.add({ counter, session: sync.session, number: 0, bytes, base: position.at, isReceived: false })
    return counter
  }

  /** Sends what the server lacks. */
  mend(bytes: Uint8Array): void {
    const counter = this.addMending(bytes)
    this.#batchThrough = counter
    this.#batchEdits = 1
    this.#send(counter, bytes, true)
    this.#talk.go({ kind: 'live' })
  }

  /** The server has what we sent up to `counter`; `isNews` when there was something of it. */
  acknowledged(counter: number, isNews: boolean): void {
    if (isNews) {
      this.#retries.failures = 0
      this.#batchLimit = Math.min(maxBatchEdits, this.#batchLimit * 2)
    }
    if (this.#talk.is('uploading') && counter >= this.#batchThrough) this.upload()
    else if (this.#outbox.free.length === 0) this.#talk.seat?.releaseUpload()
  }

  refused(counter: number, code: ErrorCode, message: string): void {
    // The server hears nothing of this channel now but a resync.
    this.#sentCounter = 0
    // What was sent to mend the server is nothing of ours to hold.
    const mending = this.#outbox.removeMending(counter)
    // Another client may hold what ours builds on, or still be believed to be the one whose edits we found: both pass.
    const mayPass =
      code === 'missing-dependencies' || (code === 'identity' && this.#retries.failures < maxIdentityTries)
    if (mayPass || mending.length > 0) return this.#becomeStuck()
    if (code === 'store-unavailable') return this.#waitForStore(message)
    if (errorKinds[code].retry === 'later') {
      this.#talk.go({ kind: 'stuck' })
      return this.#retries.backOff(reopenWait, () => this.upload())
    }
    const refused = this.#outbox.free.filter(edit => edit.counter <= counter)
    const last = refused.at(-1)
    if (last === undefined) return this.upload()
    const isBatch = counter === this.#batchThrough && this.#batchEdits > 1 && refused.length > 1
    if (!isBatch) this.#hold(last, { code, message })
    else if (code === 'read-only') this.#hold(refused[0] as OutgoingEdit, { code, message })
    else this.#batchLimit = Math.ceil(Math.min(this.#batchEdits, refused.length) / 2)
    this.upload()
  }

  #nextBatch(): readonly OutgoingEdit[] | null {
    const { channel, terms } = this.#talk
    return channel === null || terms === null ? null : this.#outbox.batch(this.#batchLimit, terms.maxUpdateBytes)
  }

  #uploadBatch(): void {
    const batch = this.#nextBatch()
    if (batch === null || !this.#talk.is('uploading')) return
    if (batch.length === 0) return this.upload()
    for (const edit of batch) {
      const mayNot = this.#whyNot(edit)
      if (mayNot === null) continue
      this.#hold(edit, mayNot)
      return this.upload()
    }
    const vector = this.#options.serverVector() ?? new Uint8Array([0])
    const { all } = this.#outbox
    // Halved batches are looking for an edit that will not be taken: there every edit must speak for itself.
    const mayTell = this.#outbox.heldFrom === null && this.#batchLimit === maxBatchEdits
    const told = mayTell ? toldBytes(this.#options.live.doc, all, vector, this.#maxBytes) : null
    const edits = told === null ? batch : all
    const through = (edits.at(-1) as OutgoingEdit).counter
    this.#batchThrough = through
    this.#batchEdits = edits.length
    this.#send(through, told ?? lackingBytes(edits, vector), true)
    if (edits.length === this.#outbox.free.length) this.#talk.go({ kind: 'live' })
  }

  #send(counter: number, bytes: Uint8Array, resync: boolean): void {
    if (this.#talk.channel === null) return
    const isNext = this.#sentCounter > 0 && counter === this.#sentCounter + 1
    this.#sentCounter = counter
    const base = this.#options.position.at
    this.#talk.say({ type: 'update', counter, base, resync: resync || !isNext, bytes })
  }

  get #maxBytes(): number {
    return this.#talk.terms?.maxUpdateBytes ?? 0
  }

  #whyNot(edit: OutgoingEdit): Failure | null {
    if (this.#talk.permission === 'read') {
      return { code: 'read-only', message: 'you may read this document, not change it' }
    }
    if (edit.bytes.length <= this.#maxBytes) return null
    return { code: 'too-large', message: `one edit has at most ${this.#maxBytes} bytes` }
  }

  /** From this edit on nothing is sent until somebody decides (SPEC CLI7). */
  #hold(edit: OutgoingEdit, why: Failure): void {
    const { sync, held } = this.#options
    this.#outbox.heldFrom = edit
    this.#refusal = why
    held(why)
    sync.observer.changed()
    if (this.#told?.edit === edit && this.#told.code === why.code) return
    this.#told = { edit, code: why.code }
    const edits = this.#outbox.held
    sync.observer.refused({
      ...why,
      edits: edits.length,
      bytes: mergeUpdates(edits.map(one => one.bytes)),
      undo: () => this.#decide(null).then(() => {}),
      keep: reason => this.#decide(reason ?? why.code) as Promise<Branch>,
    })
  }

  async #decide(keepReason: string | null): Promise<Branch | null> {
    // The edits are with whoever took over what this one left.
    if (this.#talk.is('destroyed')) throw new TuttiError('draining', 'the provider was destroyed')
    // They are being offered again: who decided in vain is told again if they are refused again.
    if (this.#outbox.heldFrom === null) this.#told = null
    this.#isDeciding = true
    const decision = this.#options.withdraw(keepReason)
    this.#decided = decision.catch(() => {})
    try {
      return await decision
    } finally {
      this.#isDeciding = false
    }
  }

  #waitForStore(reason: string): void {
    this.#talk.go({ kind: 'store-unavailable', reason })
    this.#retries.after(storeWaitMs, () => {
      this.#storeReason = null
      this.upload()
    })
  }

  #becomeStuck(): void {
    this.#talk.go({ kind: 'stuck' })
    this.#retries.backOff(stuckWait, () => this.offerAgain(), stuckWait.firstMs)
  }
}
