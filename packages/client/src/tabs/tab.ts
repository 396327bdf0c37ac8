import { type DocName, noBytes, type SessionId } from '@tutti/core'
import { type HeldLock, holdLock } from './held-lock.ts'
import type { TabHost } from './tab-host.ts'

export interface TabOptions {
  /** `null` for a tab that is alone: it leads, and nobody hears it. */
  readonly host: TabHost | null
  /** Tabs that share it share a device log: the name of its database. */
  readonly name: string
  readonly doc: DocName
  readonly session: SessionId
}

/** What a tab hears of the others that have the document open. */
export interface TabListener {
  /**
   * An edit was made there, to be shown here; it is not sent from here, nor stored where `isStored` says that it is.
   * `session` made it, with all of its edits before; null where the tab is of a version that does not say.
   */
  edited(bytes: Uint8Array, isStored: boolean, session: SessionId | null): void
  /** The device's copy was rewritten by `session`; null where its tab is of a version that does not say. */
  rewritten(session: SessionId | null): void
  /** This tab leads from now on, or no longer does. */
  leadershipChanged(): void
}

/**
 * This running client among the tabs of its device that have one document open. One of them leads, as long as it lives: it
 * writes what came from the server, and sends what closed tabs left behind. While a tab lives its session is known to be
 * alive, crash included. What a tab tells reaches every other tab once, and is never passed on.
 */
export class Tab {
  readonly #options: TabOptions
  readonly #channel: BroadcastChannel | null
  readonly #leadership: HeldLock | null
  #life: HeldLock | null = null
  #isClosed = false
  /** Resolves when other tabs can tell that this one is alive. Nothing of the session should be stored before. */
  readonly ready: Promise<void>
  /** While false it tells nothing and hears nothing; who leads is settled all the same. */
  isTalking = true
  listener: TabListener | null = null

  constructor(options: TabOptions) {
    this.#options = options
    const { host, name, doc, session } = options
    const topic = `tutti:${name}:document:${doc}`
    this.#channel = host?.openChannel(topic) ?? null
    this.#channel?.addEventListener('message', ({ data }) => this.#hear(data))
    this.#leadership = host && holdLock(host.locks, topic, () => this.listener?.leadershipChanged())
    this.ready = new Promise(resolve => {
      if (host === null) resolve()
      else this.#life = holdLock(host.locks, this.#sessionLock(session), () => resolve())
    })
  }

  get isLeader(): boolean {
    return !this.#isClosed && (this.#leadership?.isHeld ?? true)
  }

  /** Whether the running client of `session` has not ended. */
  async isAlive(session: SessionId): Promise<boolean> {
    const { host } = this.#options
    if (session === this.#options.session) return true
    if (host === null) return false
    // A client holds its lock alone; those who ask share it, so that they do not take each other for it.
    const ask = { mode: 'shared', ifAvailable: true } as const
    return await host.locks.request(this.#sessionLock(session), ask, async lock => lock === null)
  }

  /** Tells the others of an edit made here, and whether the device has it. */
  tellEdit(bytes: Uint8Array, isStored: boolean): void {
    this.#tell('edit', bytes, isStored)
  }

  /** Tells the others that they have to read the device's copy again. */
  tellRewritten(): void {
    this.#tell('log', noBytes, true)
  }

  /** Leaves. Another tab leads from here on. */
  close(): void {
    this.#isClosed = true
    this.#channel?.close()
    this.#leadership?.release()
    this.#life?.release()
  }

  #tell(topic: 'edit' | 'log', bytes: Uint8Array, isStored: boolean): void {
    if (this.#isClosed || !this.isTalking) return
    try {
      this.#channel?.postMessage({ topic, bytes, isStored, session: this.#options.session })
    } catch {
      // The browser took the channel away; the server brings it to the other tabs.
    }
  }

  /** The other tab may run another version of the app. */
  #hear(data: unknown): void {
    if (this.#isClosed || !this.isTalking || typeof data !== 'object' || data === null) return
    const { topic, bytes, isStored, session } = data as { readonly [field: string]: unknown }
    const teller = typeof session === 'string' ? (session as SessionId) : null
    if (topic === 'log') this.listener?.rewritten(teller)
    else if (topic === 'edit' && bytes instanceof Uint8Array) this.listener?.edited(bytes, isStored === true, teller)
  }

  #sessionLock(session: SessionId): string {
    return `tutti:${this.#options.name}:session:${session}`
  }
}
