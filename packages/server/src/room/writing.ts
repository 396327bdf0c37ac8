import {
  type AcceptedUpdate,
  type DocName,
  type Env,
  type Epoch,
  type Failure,
  failure,
  type Millis,
  type NewEntry,
  TuttiError,
  type UpdateLog,
} from '@tutti/core'
import { Pacing } from './pacing.ts'
import type { Reader } from './reader.ts'

/** An edit on its way to the disk. */
export interface Waiting {
  readonly reader: Reader
  /** The reader's own count; 0 where nothing is to be acknowledged. */
  readonly counter: number
  /** `null` when it brought nothing new, and only waits for what came before it to be durable. */
  readonly update: AcceptedUpdate | null
  readonly entry: NewEntry | null
  /** Hears what became of it, where an acknowledgement does not say so. */
  readonly tell: ((stored: boolean) => void) | null
}

export interface WritingOptions {
  readonly doc: DocName
  readonly log: UpdateLog
  readonly env: Env
  /** The epoch a document is born with, asked when it is. */
  readonly epoch: () => Epoch
  /** How long an edit may be kept so that others share its batch. */
  readonly waitMs: () => Millis
  /** A batch is durable, and the first of it waited so long for that. Called in the order of the batches. */
  readonly stored: (batch: readonly Waiting[], tookMs: Millis) => void
  /** A batch could not be made durable; `lost` is it and everything that waited behind it. */
  readonly failed: (lost: readonly Waiting[], why: Failure) => void
  /** A batch takes the disk longer than `slowDiskMs`. */
  readonly slow: (batch: readonly Waiting[]) => void
}

/** How long the disk may take before authors are told "received". */
export const slowDiskMs: Millis = 50

/**
 * The way of accepted edits into the log: one batch in flight, everything that comes meanwhile is the next (SPEC ROOM2).
 * An edit is never written behind one that failed: it may build on it.
 */
export class Writing {
  readonly #options: WritingOptions
  #queue: Waiting[] = []
  #batch: readonly Waiting[] | null = null
  readonly #pacing = new Pacing()
  /** A batch begins at the end of this turn. */
  #isDue = false
  /** Since when the first of the queue waits, and the first of the batch, in ticks. */
  #waitingSince = 0
  #batchSince = 0
  /** Until when it is kept, in ticks. */
  #keptUntil = Number.POSITIVE_INFINITY
  #forgetWait: (() => void) | null = null

  constructor(options: WritingOptions) {
    this.#options = options
  }

  /** True while something accepted is not durable yet. */
  get isBusy(): boolean {
    return this.#queue.length > 0 || this.#batch !== null
  }

  /** Since when the oldest of what is not durable has waited, in ticks; `null` when all of it is. */
  get since(): number | null {
    if (this.#batch !== null) return this.#batchSince
    return this.#queue.length > 0 ? this.#waitingSince : null
  }

  /** Everything accepted and not yet durable, in order. */
  get waiting(): readonly Waiting[] {
    return [...(this.#batch ?? []), ...this.#queue]
  }

  push(waiting: Waiting): void {
    if (this.#queue.push(waiting) === 1) this.#waitingSince = this.#options.env.clock.ticks()
    this.#beginSoon()
  }

  #beginSoon(): void {
    if (this.#isDue || this.#batch !== null) return
    const { env, waitMs } = this.#options
    const now = env.clock.ticks()
    const until = this.#pacing.keptUntil(now, waitMs(), this.#waitingSince, this.#queue.length)
    // Company brings the moment nearer, never further away.
    if (until >= this.#keptUntil) return
    this.#forgetWait?.()
    if (until > now) {
      this.#keptUntil = until
      this.#forgetWait = env.timers.after(until - now, () => void this.#write())
    } else {
      this.#isDue = true
      env.timers.soon(() => void this.#write())
    }
  }

  async #write(): Promise<void> {
    const { env, slow, stored, failed, waitMs } = this.#options
    this.#isDue = false
    this.#forgetWait = null
    this.#keptUntil = Number.POSITIVE_INFINITY
    this.#pacing.begin(env.clock.ticks(), waitMs())
    const batch = this.#queue
    this.#queue = []
    this.#batch = batch
    this.#batchSince = this.#waitingSince
    const forgetSlow = env.timers.after(slowDiskMs, () => slow(batch))
    const refusal = await this.#append(batch)
    forgetSlow()
    this.#batch = null
    if (refusal === null) stored(batch, env.clock.ticks() - this.#batchSince)
    else failed([...batch, ...this.#queue.splice(0)], refusal)
    if (this.#queue.length > 0) this.#beginSoon()
  }

  /** Null when the entries are durable, else why they are not. */
  async #append(batch: readonly Waiting[]): Promise<Failure | null> {
    const entries: NewEntry[] = []
    for (const { entry } of batch) if (entry !== null) entries.push(entry)
    if (entries.length === 0) return null
    try {
      await this.#options.log.append(this.#options.doc, this.#options.epoch(), entries)
      return null
    } catch (error) {
      const code = error instanceof TuttiError ? error.code : 'store-unavailable'
      return failure(code, error instanceof Error ? error.message : String(error))
    }
  }
}
