import { type Cancel, docDigest, type Seq, seq } from '@tutti/core'
import * as Y from 'yjs'
import type { Conversation } from './conversation.ts'
import { clientsAhead } from './document-content.ts'
import type { Incoming } from './incoming.ts'
import type { LiveDocument } from './live-document.ts'
import type { LogPosition } from './log-position.ts'
import type { Outbox } from './outbox.ts'
import type { DocumentSyncOptions } from './sync-options.ts'
import { clientsOf } from './upload-bytes.ts'
import type { Uploader } from './uploader.ts'

/** Quiet for this long, copies are compared with the server's. */
const quietMs = 1_500
/** Questions of this kind on one connection. */
const maxReconciles = 3

export interface ComparisonOptions {
  readonly sync: DocumentSyncOptions
  readonly talk: Conversation
  readonly live: LiveDocument
  readonly position: LogPosition
  readonly outbox: Outbox
  readonly uploader: Uploader
  /** The updates the device has, as they came. */
  readonly readUpdates: () => Promise<readonly Uint8Array[]>
}

/** The server's state as it was told last, and how often the document had changed by then. */
interface Told {
  readonly digest: string
  readonly stateVector: Uint8Array
  readonly head: number
  readonly changes: number
  readonly isBehind: boolean
}

/** Finds out whether server and client have the same, and heals what differs on either side (SPEC CLI8, CLI9). */
export class Comparison {
  readonly #options: ComparisonOptions
  #told: Told | null = null
  /** Of the copy that is in the document now. */
  #isCompared = false
  #isAsking = false
  #asked = 0
  #quiet: Cancel | null = null

  constructor(options: ComparisonOptions) {
    this.#options = options
  }

  /** What the server has, as far as it has said so. */
  get serverVector(): Uint8Array | null {
    return this.#told?.stateVector ?? null
  }

  connected(): void {
    this.#asked = 0
  }

  /** The channel is gone. */
  parted(): void {
    this.#isAsking = false
    this.#quiet?.()
  }

  /** Another copy is in the document. */
  begin(): void {
    this.#isCompared = false
  }

  forget(): void {
    this.#told = null
    this.#asked = 0
    this.begin()
  }

  stop(): void {
    this.#quiet?.()
  }

  /** Takes in what the server sent to catch up, or as the answer to our question: true when it was that. */
  takeIn({ state, bytes }: Incoming): boolean {
    const { live, position } = this.#options
    const wasAsking = this.#isAsking
    this.#isAsking = false
    if (bytes.length > 0) live.apply(bytes)
    const hasLost = state.head < position.at
    if (hasLost) position.fallBack(seq(state.head))
    // Of a document that has nothing yet there is nothing to keep, and its epoch may be given anew.
    const isUncertain = live.hasBorrowed && state.head > 0
    // What the server has of it is not to be told from the rest: then nothing is claimed of what came.
    const isMixed = isUncertain && (live.hasGaps || clientsAhead(live.doc, state.stateVector).length > 0)
    const head = state.head as Seq
    position.keep(isUncertain && !isMixed ? live.state : bytes, head, isMixed ? head : position.at)
    this.#told = {
      digest: state.digest,
      stateVector: state.stateVector,
      head: state.head,
      changes: live.changes,
      isBehind: hasLost || this.#holdsMoreThan(state.stateVector),
    }
    return wasAsking
  }

  /** A digest walks the whole document: once for each copy, when nothing else is going on. */
  later(): void {
    this.#quiet?.()
    if (this.#isCompared && this.#told?.isBehind !== true) return
    this.#quiet = this.#options.sync.env.timers.after(quietMs, () => this.#compare())
  }

  #compare(): void {
    const told = this.#told
    const { talk, outbox, live, position } = this.#options
    if (told === null || talk.channel === null) return
    if (!outbox.isEmpty || !talk.is('live')) return this.later()
    const isStill = told.head === position.at && told.changes === live.changes
    if (!isStill && !told.isBehind) return
    this.#isCompared = true
    if (isStill && docDigest(live.doc) === told.digest) return
    this.reconcile()
  }

  /** True when the server lacks something that is not among what we are about to send. */
  #holdsMoreThan(stateVector: Uint8Array): boolean {
    const { live, outbox } = this.#options
    const ahead = clientsAhead(live.doc, stateVector)
    if (ahead.length === 0 || outbox.isEmpty) return ahead.length > 0
    const pending = clientsOf(outbox.all)
    return ahead.some(client => !pending.has(client))
  }

  /** Asks for all the server has beyond us; false where that was done often enough. */
  reconcile(): boolean {
    const { talk, live } = this.#options
    if (talk.channel === null || this.#isAsking || this.#asked >= maxReconciles) return this.#isAsking
    this.#asked++
    this.#isAsking = true
    talk.say({ type: 'reconcile', stateVector: live.stateVector })
    return true
  }

  /** We now have all the server has; it gets what it lacks. */
  mend(): void {
    const { talk, live, uploader } = this.#options
    const told = this.#told
    if (told !== null) this.#told = { ...told, isBehind: false }
    uploader.holdWhatHangs()
    if (told === null || !uploader.mayMend || docDigest(live.doc) === told.digest) return uploader.upload()
    const bytes = Y.encodeStateAsUpdate(live.doc, told.stateVector)
    if (bytes.length > (talk.terms?.maxUpdateBytes ?? 0)) void this.#mendInParts()
    else uploader.mend(bytes)
  }

  /** An update that is too large cannot be cut, but the device has it as it came: in smaller ones. */
  async #mendInParts(): Promise<void> {
    const { talk, uploader, readUpdates } = this.#options
    const updates = await readUpdates()
    if (talk.channel === null) return
    for (const bytes of updates) uploader.addMending(bytes)
    uploader.upload()
  }
}
