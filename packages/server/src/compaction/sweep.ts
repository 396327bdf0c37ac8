import type { DocName, Env, Millis } from '@tutti/core'
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
}

/** A document that cannot be folded would take its minute in every sweep, ahead of the others. */
const failedRestMs: Millis = 3_600_000

/**
 * Compacts every document that is due, open or idle, one after the other, and lets go of rooms nobody needs (SPEC COM1).
 * It never runs twice at once.
 */
export class Sweep {
  readonly #options: SweepOptions
  #cancel: (() => void) | null = null
  #running: Promise<void> = Promise.resolve()
  #stopped = false
  /** Documents that could not be folded, and until when they are left alone, in ticks. */
  readonly #restUntil = new Map<DocName, number>()

  constructor(options: SweepOptions) {
    this.#options = options
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
      for (const doc of await this.#due()) {
        if (this.#stopped || !house.health.available) return
        await this.#compact(doc)
      }
    } catch (error) {
      logger.warn({ error: String(error) }, 'the sweep could not read the store')
    }
  }

  /** Documents worth compacting, by what the store and the open rooms say. */
  async #due(): Promise<readonly DocName[]> {
    const { house, afterEntries } = this.#options
    const due: DocName[] = []
    for await (const summary of house.log.list()) {
      if (this.#stopped) return due
      const entries = summary.head - summary.checkpointSeq
      if (isCompactionDue({ tailEntries: entries, tailBytes: summary.tailBytes }, afterEntries)) due.push(summary.doc)
    }
    return due
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
