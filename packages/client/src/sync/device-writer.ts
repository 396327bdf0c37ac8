import {
  backoffMs,
  type Cancel,
  type DocName,
  type Env,
  type Epoch,
  noBytes,
  type Seq,
  type SessionId,
  seq,
} from '@tutti/core'
import { coversUpdate } from '../persistence/covers-update.ts'
import type { LocalLog, LocalTrouble } from '../persistence/local-log.ts'
import { isEmptyUpdate, mergeUpdates } from '../persistence/merge-updates.ts'
import type { OutgoingEdit } from './outbox.ts'

/** What came from the server waits this long for more: it is safe over there. */
const lazyMs = 250
const retry = { firstMs: 2_000, longestMs: 30_000 }
/** Stretches of the server's log kept apart in memory before they are joined. */
const maxStretches = 64
/** So many writes to a document are worth asking whether its rows should be folded. */
const writesPerCompaction = 200

/** What `bytes` contains: the server's log after `after` up to `position`. */
interface Stretch {
  readonly epoch: Epoch
  readonly bytes: Uint8Array
  readonly position: Seq
  readonly after: Seq
}

export interface DeviceWriterOptions {
  readonly log: LocalLog
  readonly doc: DocName
  readonly env: Env
  /** Whether this tab writes what came from the server. */
  readonly isLeader: () => boolean
  /** Resolves when other tabs can tell that this one lives: they would take what it stores before for left behind. */
  readonly ready: Promise<void>
  /** Edits reached the device's log (`isStored`), or could not yet. */
  readonly changed: (edits: readonly OutgoingEdit[], isStored: boolean) => void
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
  readonly #acknowledged = new Map<SessionId, number>()
  #stretches: Stretch[] = []
  #newest: OutgoingEdit | null = null
  #running: Promise<void> | null = null
  #later: Cancel | null = null
  /** Why the last write failed; null when it did not. */
  #failure: { readonly error: unknown } | null = null
  #failures = 0
  #writes = 0
  #isClosed = false

  constructor(options: DeviceWriterOptions) {
    this.#options = options
  }

  /** No own edit is missing on the device. */
  get isUpToDate(): boolean {
    return this.#own.size === 0
  }

  get trouble(): LocalTrouble | null {
    if (this.#failure === null) return null
    return codeOf(this.#failure.error) === 'local-quota' ? 'local-quota' : 'local-unavailable'
  }

  own(edit: OutgoingEdit): void {
    this.#own.add(edit)
    this.#newest = edit
    // Where the last write failed and nothing was left to be written, nobody would try again.
    if (this.#failure === null || this.#later === null) this.#soon(0)
  }

  acknowledged(edits: readonly OutgoingEdit[]): void {
    for (const { session, number } of edits) {
      if (number > (this.#acknowledged.get(session) ?? 0)) this.#acknowledged.set(session, number)
    }
    this.#soon(lazyMs)
  }

  /** `bytes` contains the server's log after `after` up to `position`. */
  fromServer(epoch: Epoch, bytes: Uint8Array, position: Seq, after: Seq): void {
    this.#stretches.push({ epoch, bytes: bytes.slice(), position, after })
    if (this.#stretches.length > maxStretches) this.#stretches = [joined(this.#stretches)]
    if (this.#options.isLeader()) this.#soon(lazyMs)
  }

  /** Another tab has stored these edits itself: what the server told of them is not stored a second time. */
  storedElsewhere(edits: Uint8Array): void {
    this.#stretches = this.#stretches.map(stretch =>
      stretch.bytes.length > 0 && coversUpdate(edits, stretch.bytes) ? { ...stretch, bytes: noBytes } : stretch,
    )
  }

  /** Leadership came: what was kept for this case is written. */
  led(): void {
    if (this.#stretches.length > 0) this.#soon(0)
  }

  /** These edits are not to be written (any more); resolves with those that were not yet, when nothing is under way. */
  async forget(edits: readonly OutgoingEdit[]): Promise<readonly OutgoingEdit[]> {
    const unwritten = edits.filter(edit => this.#own.delete(edit))
    await this.#running
    // What came from the server came to who had them: without them it leads to no position.
    this.#stretches = this.#stretches.map(stretch => ({ ...stretch, position: stretch.after }))
    return unwritten
  }

  /** These edits are to be written after all, before what was made since. */
  remember(edits: readonly OutgoingEdit[]): void {
    const since = [...this.#own]
    this.#own.clear()
    for (const edit of [...edits, ...since]) this.own(edit)
  }

  /** Forgets everything that was to be written, after what is under way. */
  async reset(): Promise<void> {
    this.#own.clear()
    this.#acknowledged.clear()
    await this.#running
    // What was under way may have failed, and been put back.
    this.#stretches = []
  }

  /** Resolves when every own edit made so far is on the device; rejects with why it cannot be. */
  async whenStored(): Promise<void> {
    const last = this.#newest
    while (last !== null && this.#own.has(last)) {
      await this.#write()
      if (this.#failure !== null) throw this.#failure.error
    }
  }

  /** Writes everything; resolves when it was tried, whatever came of it. */
  async close(): Promise<void> {
    await this.#running
    if (this.#hasWork) await this.#write()
    this.#isClosed = true
    this.#later?.()
  }

  get #hasWork(): boolean {
    return this.#own.size > 0 || this.#acknowledged.size > 0 || (this.#stretches.length > 0 && this.#options.isLeader())
  }

  #soon(ms: number): void {
    if (this.#isClosed || this.#running !== null) return
    if (ms === 0) void this.#write()
    else this.#later ??= this.#options.env.timers.after(ms, () => void this.#write())
  }

  /** Writes now what there is; resolves when it was tried. What is being written already is waited for. */
  #write(): Promise<void> {
    this.#later?.()
    this.#later = null
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      if (!this.#hasWork) return
      if (this.#failure !== null) this.#soon(1 + backoffMs(this.#failures, this.#options.env.random, retry))
      else this.#soon(this.#own.size > 0 ? 0 : lazyMs)
    })
    return this.#running
  }

  async #run(): Promise<void> {
    const { log, doc, isLeader, ready, changed } = this.#options
    let taken: Stretch[] = []
    try {
      await ready
      // Taken before own edits are written: what it says of them is stored by the time it is. Those that come meanwhile are
      // of the next run, or somebody who types without a pause would keep all the rest waiting.
      if (isLeader()) taken = this.#stretches.splice(0)
      await this.#writeOwn()
      await this.#writeAcknowledged()
      if (taken.length > 0) await this.#writeStretch(joined(taken))
    } catch (error) {
      this.#stretches.unshift(...taken)
      this.#failures++
      this.#failure = { error }
      return changed([...this.#own], false)
    }
    const wasTroubled = this.#failure !== null
    this.#failures = 0
    this.#failure = null
    if (wasTroubled) changed([], true)
    if (++this.#writes % writesPerCompaction === 0 && isLeader()) await log.compact(doc).catch(() => {})
  }

  /** Up to what is the newest now. */
  async #writeOwn(): Promise<void> {
    const { log, doc, changed } = this.#options
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
      changed(edits, true)
      if (last === null || !this.#own.has(last)) return
    }
  }

  async #writeAcknowledged(): Promise<void> {
    const { log, doc } = this.#options
    for (const [session, number] of this.#acknowledged) {
      await log.acknowledge(doc, session, number)
      if (this.#acknowledged.get(session) === number) this.#acknowledged.delete(session)
    }
  }

  async #writeStretch({ epoch, bytes, position, after }: Stretch): Promise<void> {
    const { log, doc } = this.#options
    try {
      await log.appendRemote(doc, epoch, bytes, position, after)
    } catch (error) {
      // Another tab has taken up the document's new epoch: what belongs to the old one is no longer wanted.
      if (codeOf(error) !== 'epoch-mismatch') throw error
    }
  }
}

/** One stretch in the place of several that overlap or follow each other. */
function joined(stretches: readonly Stretch[]): Stretch {
  const bytes = mergeUpdates(stretches.flatMap(stretch => (stretch.bytes.length > 0 ? [stretch.bytes] : [])))
  let [{ after, position }] = stretches as [Stretch]
  for (const next of stretches) {
    // What follows on a gap is kept, and not claimed.
    if (next.after > position || next.position < after) continue
    after = seq(Math.min(after, next.after))
    position = seq(Math.max(position, next.position))
  }
  const { epoch } = stretches.at(-1) as Stretch
  return { epoch, bytes: isEmptyUpdate(bytes) ? noBytes : bytes, position, after }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code
}
