import { backoffMs, type Cancel, type DocName, type Env, type Epoch, type Seq, type SessionId } from '@tutti/core'
import { coversUpdate } from '../persistence/covers-update.ts'
import type { LocalLog, LocalTrouble } from '../persistence/local-log.ts'
import { mergeUpdates } from '../persistence/merge-updates.ts'
import type { OutgoingEdit } from './outbox.ts'

/** What came from the server waits this long for more: it is safe over there. */
const lazyMs = 250
const retry = { firstMs: 2_000, longestMs: 30_000 }
/** Parts of the server's log kept apart in memory before they are merged. */
const maxParts = 64
/** So many writes to a document are worth asking whether its rows should be folded. */
const writesPerCompaction = 200

interface ServerTail {
  readonly epoch: Epoch
  readonly after: Seq
  readonly position: Seq
  readonly parts: readonly Uint8Array[]
}

export interface DeviceWriterOptions {
  readonly log: LocalLog
  readonly doc: DocName
  readonly env: Env
  /** Whether this tab writes what came from the server. */
  readonly isLeader: () => boolean
  /** Resolves when other tabs can tell that this one lives: they would take what it stores before for left behind. */
  readonly ready: Promise<void>
  /** Edits reached the device's log (`troubled` false), or could not yet. */
  readonly changed: (edits: readonly OutgoingEdit[], isTroubled: boolean) => void
}

/**
 * Brings one document to the device's log: own edits at once, the rest at leisure; one transaction in flight, whatever
 * comes meanwhile in the next one. In that order always, so that a stored position never claims what is not stored
 * (SPEC CLI4). Never throws; what fails is kept and tried again.
 */
export class DeviceWriter {
  readonly #options: DeviceWriterOptions
  /** Not on the device yet, in their order. */
  readonly #own = new Set<OutgoingEdit>()
  #acknowledged = new Map<SessionId, number>()
  #tail: ServerTail | null = null
  #running: Promise<void> | null = null
  #later: Cancel | null = null
  #failures = 0
  #writes = 0
  #isReady = false
  #isClosed = false
  /** The last own edit; and who waits for the one that was the last when they came. */
  #newest: OutgoingEdit | null = null
  #waiters: { newest: OutgoingEdit | null; resolve: () => void; reject: (error: unknown) => void }[] = []
  trouble: LocalTrouble | null = null

  constructor(options: DeviceWriterOptions) {
    this.#options = options
  }

  /** No own edit is missing on the device. */
  get isUpToDate(): boolean {
    return this.#own.size === 0
  }

  own(edit: OutgoingEdit): void {
    this.#own.add(edit)
    this.#newest = edit
    if (this.#failures === 0) this.#soon(0)
  }

  acknowledged(edits: readonly OutgoingEdit[]): void {
    for (const { session, number } of edits) {
      if (number > (this.#acknowledged.get(session) ?? 0)) this.#acknowledged.set(session, number)
    }
    this.#soon(lazyMs)
  }

  /** `bytes` contains the server's log after `after` up to `position`. */
  fromServer(epoch: Epoch, bytes: Uint8Array, position: Seq, after: Seq): void {
    const old = this.#tail
    let parts = [...(old?.parts ?? [])]
    if (bytes.length > 0) parts.push(bytes.slice())
    if (parts.length > maxParts) parts = [mergeUpdates(parts)]
    this.#tail = {
      epoch,
      after: old === null || after < old.after ? after : old.after,
      position: old === null || position > old.position ? position : old.position,
      parts,
    }
    if (this.#options.isLeader()) this.#soon(lazyMs)
  }

  /** Another tab has stored these edits itself: what the server told of them is not stored a second time. */
  storedElsewhere(edits: Uint8Array): void {
    if (this.#tail === null) return
    this.#tail = { ...this.#tail, parts: this.#tail.parts.filter(part => !coversUpdate(edits, part)) }
  }

  /** Leadership came: what was kept for this case is written. */
  led(): void {
    if (this.#tail !== null) this.#soon(0)
  }

  /** These edits are not to be written (any more). */
  async forget(edits: readonly OutgoingEdit[]): Promise<void> {
    for (const edit of edits) this.#own.delete(edit)
    await this.#running
  }

  /** Forgets everything that was to be written, after what is under way. */
  async reset(): Promise<void> {
    this.#own.clear()
    this.#acknowledged.clear()
    this.#tail = null
    await this.#running
    // What was under way may have failed, and been put back.
    this.#tail = null
  }

  /** Writes everything now; resolves when it was tried, whatever came of it. */
  async drain(): Promise<void> {
    this.#later?.()
    this.#later = null
    await this.#running
    if (this.#hasWork()) await this.#start()
  }

  /** Resolves when every own edit made so far is on the device; rejects with why it cannot be. */
  whenStored(): Promise<void> {
    if (this.#own.size === 0 && this.#running === null) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ newest: this.#newest, resolve, reject })
      this.#soon(0)
    })
  }

  async close(): Promise<void> {
    await this.drain()
    this.#isClosed = true
    this.#later?.()
  }

  #hasWork(): boolean {
    return this.#own.size > 0 || this.#acknowledged.size > 0 || (this.#tail !== null && this.#options.isLeader())
  }

  #soon(ms: number): void {
    if (this.#isClosed || this.#running !== null) return
    if (ms === 0) {
      this.#later?.()
      this.#later = null
      void this.#start()
    } else {
      this.#later ??= this.#options.env.timers.after(ms, () => {
        this.#later = null
        void this.#start()
      })
    }
  }

  #start(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      this.#again()
    })
    return this.#running
  }

  #again(): void {
    if (!this.#hasWork() || this.#isClosed) return
    if (this.#failures > 0) this.#soon(1 + backoffMs(this.#failures, this.#options.env.random, retry))
    else this.#soon(this.#own.size > 0 ? 0 : lazyMs)
  }

  async #run(): Promise<void> {
    try {
      if (!this.#isReady) {
        await this.#options.ready
        this.#isReady = true
      }
      // Taken before own edits are written: what it says of them is stored by the time it is. Those that come meanwhile are
      // of the next run, or somebody who types without a pause would keep all the rest waiting.
      const tail = this.#takeTail()
      try {
        await this.#writeOwn()
        await this.#writeAcknowledged()
        if (tail !== null) await this.#writeTail(tail)
      } catch (error) {
        this.#putBack(tail)
        throw error
      }
    } catch (error) {
      this.#failures++
      const code = (error as { code?: unknown } | null)?.code
      this.trouble = code === 'local-quota' ? 'local-quota' : 'local-unavailable'
      for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
      this.#options.changed([...this.#own], true)
      return
    }
    const wasTroubled = this.trouble !== null
    this.#failures = 0
    this.trouble = null
    this.#settle()
    if (wasTroubled) this.#options.changed([], false)
    if (++this.#writes % writesPerCompaction === 0 && this.#options.isLeader()) {
      await this.#options.log.compact(this.#options.doc).catch(() => {})
    }
  }

  async #writeOwn(): Promise<void> {
    const { log, doc } = this.#options
    const last = this.#newest
    for (let [first] = this.#own; first !== undefined; [first] = this.#own) {
      const { session } = first
      const edits = [...this.#own].filter(edit => edit.session === session)
      await log.appendOwn(
        doc,
        session,
        edits.map(({ number, bytes, base }) => ({ counter: number, bytes, base })),
      )
      for (const edit of edits) this.#own.delete(edit)
      this.#settle()
      this.#options.changed(edits, false)
      if (last === null || !this.#own.has(last)) return
    }
  }

  /** Those whose edits are on the device by now need not wait for what came after. */
  #settle(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (waiter.newest !== null && this.#own.has(waiter.newest)) this.#waiters.push(waiter)
      else waiter.resolve()
    }
  }

  async #writeAcknowledged(): Promise<void> {
    const { log, doc } = this.#options
    for (const [session, number] of this.#acknowledged) {
      await log.acknowledge(doc, session, number)
      if (this.#acknowledged.get(session) === number) this.#acknowledged.delete(session)
    }
  }

  #takeTail(): ServerTail | null {
    if (!this.#options.isLeader()) return null
    const tail = this.#tail
    this.#tail = null
    return tail
  }

  #putBack(tail: ServerTail | null): void {
    if (tail === null) return
    const newer = this.#tail
    const position = newer !== null && newer.position > tail.position ? newer.position : tail.position
    this.#tail = { ...tail, position, parts: [...tail.parts, ...(newer?.parts ?? [])] }
  }

  async #writeTail(tail: ServerTail): Promise<void> {
    const { log, doc } = this.#options
    const bytes = tail.parts.length === 0 ? new Uint8Array(0) : mergeUpdates(tail.parts)
    try {
      await log.appendRemote(doc, tail.epoch, bytes, tail.position, tail.after)
    } catch (error) {
      // Another tab has taken up the document's new epoch: what belongs to the old one is no longer wanted.
      if ((error as { code?: unknown } | null)?.code !== 'epoch-mismatch') throw error
    }
  }
}
