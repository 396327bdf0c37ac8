import type { Cancel, SessionId } from '@tutti/core'
import type { LocalDocument } from '../persistence/local-log.ts'
import type { LentEdits } from './lent-edits.ts'
import type { LiveDocument } from './live-document.ts'
import type { Outbox } from './outbox.ts'
import type { DocumentSyncOptions } from './sync-options.ts'

const orphansMs = 10_000

export interface OrphansOptions {
  readonly sync: DocumentSyncOptions
  readonly live: LiveDocument
  readonly outbox: Outbox
  readonly lent: LentEdits
  /** The outbox has more than before. */
  readonly adopted: () => void
  /** From now on this is an edit of ours. */
  readonly takeOver: (bytes: Uint8Array) => void
}

/** Edits that ended sessions left behind on this device are ours to send, while we lead (SPEC CLI10). */
export class Orphans {
  readonly #options: OrphansOptions
  #next: Cancel | null = null
  #isStopped = false

  constructor(options: OrphansOptions) {
    this.#options = options
  }

  async adopt(copy: LocalDocument): Promise<void> {
    const { sync, outbox, live } = this.#options
    const { tab, session } = sync
    const { doc } = live
    if (!tab.isLeader || copy.pending.length === 0) return
    const ended = new Map<SessionId, boolean>([[session, false]])
    for (const edit of copy.pending) {
      if (!ended.has(edit.session)) ended.set(edit.session, !(await tab.isAlive(edit.session)))
    }
    const left = copy.pending.filter(edit => ended.get(edit.session) === true)
    // With another document there is another copy: the next look will tell.
    if (left.length === 0 || this.#isStopped || live.doc !== doc) return
    const before = outbox.all.length
    outbox.adopt(left)
    if (outbox.all.length > before) this.#options.adopted()
  }

  lookLater(): void {
    const { env, log } = this.#options.sync
    if (!log.survives || this.#isStopped) return
    this.#next?.()
    this.#next = env.timers.after(orphansMs, () => {
      void this.look().finally(() => this.lookLater())
    })
  }

  async look(): Promise<void> {
    const { sync, outbox, live } = this.#options
    if (!sync.tab.isLeader) return
    await this.#takeOver()
    try {
      const count = (await sync.log.pending()).get(sync.name)?.edits ?? 0
      if (count <= outbox.all.length) return
      const copy = await sync.log.open(sync.name)
      live.applyAll(copy.pending.map(edit => edit.bytes))
      await this.adopt(copy)
    } catch {
      // The device does not answer now; the next look will tell.
    }
  }

  /** What ended sessions could not even leave on the device is still shown here. */
  async #takeOver(): Promise<void> {
    const { sync, lent, takeOver } = this.#options
    for (const session of lent.sessions) {
      if (await sync.tab.isAlive(session)) continue
      const bytes = lent.take(session)
      if (bytes !== null && !this.#isStopped) takeOver(bytes)
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#next?.()
  }
}
