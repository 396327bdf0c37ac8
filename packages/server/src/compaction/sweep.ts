import type { DocName, Env, Millis } from '@tutti/core'
import { purgeDocument } from '../room/deletion.ts'
import type { House } from '../room/house.ts'
import type { Logger } from '../runtime/logger.ts'
import { compactRoom } from './compact-room.ts'
import type { Folder } from './folder.ts'
import { isCompactionDue } from './policy.ts'

export interface SweepOptions {
  readonly house: House
  readonly folder: Folder
  readonly env: Env
  readonly logger: Logger
  readonly everyMs: Millis
  /** Entries after which a document is worth compacting. */
  readonly afterEntries: number
  /** How long a deleted document can be had back. */
  readonly restoreWindowMs: Millis
}

/** What a look over the store has seen. */
export interface SeenStore {
  readonly documents: number
  /** What folding every tail would let go of. */
  readonly reclaimableBytes: number
}

/** A document that cannot be folded would take its minute in every sweep, ahead of the others. */
const failedRestMs: Millis = 3_600_000

/**
 * Compacts every document that is due, open or idle, one after the other, lets go of rooms nobody needs (SPEC COM1), and
 * removes for good what was deleted long ago (SPEC COM5).
 * It never runs twice at once.
 */
export class Sweep {
  readonly #options: SweepOptions
  #cancel: (() => void) | null = null
  #running: Promise<void> = Promise.resolve()
  #stopped = false
  /** Documents that could not be folded, and until when they are left alone, in ticks. */
  readonly #restUntil = new Map<DocName, number>()
  #seen: SeenStore | null = null

  constructor(options: SweepOptions) {
    this.#options = options
  }

  /** What the last sweep has seen; null before the first. */
  get seen(): SeenStore | null {
    return this.#seen
  }

  start(): void {
    if (this.#stopped) return
    this.#cancel = this.#options.env.timers.after(this.#options.everyMs, () => {
      this.#running = this.run().finally(() => this.start())
    })
  }

  /** Resolves when a sweep under way has ended at its next document. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#running
  }

  /** One sweep, now. */
  async run(): Promise<void> {
    const { house, logger } = this.#options
    house.sweep()
    if (!house.health.available) return
    try {
      const { expired, due } = await this.#look()
      for (const doc of expired) {
        if (this.#stopped || !house.health.available) return
        await this.#purge(doc)
      }
      for (const doc of due) {
        if (this.#stopped || !house.health.available) return
        await this.#compact(doc)
      }
    } catch (error) {
      logger.warn({ error: String(error) }, 'the sweep could not read the store')
    }
  }

  /** What is to be done, by what the store says. */
  async #look(): Promise<{ readonly expired: readonly DocName[]; readonly due: readonly DocName[] }> {
    const { house, afterEntries, restoreWindowMs, env } = this.#options
    const expired: DocName[] = []
    const due: DocName[] = []
    let documents = 0
    let reclaimableBytes = 0
    for await (const { doc, head, checkpointSeq, tailBytes, deleted } of house.log.list()) {
      if (this.#stopped) return { expired, due }
      documents++
      reclaimableBytes += tailBytes
      if (deleted !== null) {
        if (env.clock.now() - deleted.at >= restoreWindowMs) expired.push(doc)
      } else if (isCompactionDue({ tailEntries: head - checkpointSeq, tailBytes }, afterEntries)) due.push(doc)
    }
    this.#seen = { documents, reclaimableBytes }
    return { expired, due }
  }

  async #purge(doc: DocName): Promise<void> {
    const { house, env, logger } = this.#options
    try {
      const receipt = await purgeDocument(house, doc, 'restore window', env.clock.now())
      if (receipt !== null) logger.info({ doc, receipt }, 'a deleted document was removed for good')
    } catch (error) {
      logger.warn({ doc, error: String(error) }, 'a deleted document could not be removed')
    }
  }

  async #compact(doc: DocName): Promise<void> {
    const { house, folder, env, logger } = this.#options
    const started = env.clock.ticks()
    if (started < (this.#restUntil.get(doc) ?? 0)) return
    try {
      const wasOpen = house.get(doc) !== undefined
      const room = await house.open(doc)
      const report = await compactRoom(room, house.log, folder, env)
      if (!wasOpen) house.release(room)
      if (report === null) return
      logger.info({ doc, ...report, ms: Math.round(env.clock.ticks() - started) }, 'document compacted')
    } catch (error) {
      this.#restUntil.set(doc, env.clock.ticks() + failedRestMs)
      logger.warn({ doc, error: String(error) }, 'a document could not be compacted')
    }
  }
}
