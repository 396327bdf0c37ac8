import type { DocName, SessionId } from '@tutti/core'
import { type DocumentLink, linkDocument } from './document-link.ts'
import { type HeldLock, holdLock } from './held-lock.ts'
import type { TabHost } from './tab-host.ts'

export interface TabOptions {
  /** `null` for a tab that is alone: it leads, and nobody hears it. */
  readonly host: TabHost | null
  /** Tabs that share it share a device log: the name of its database. */
  readonly name: string
  readonly session: SessionId
}

/** This running client among the tabs of its device. While it lives its session is known to be alive, crash included. */
export class Tab {
  readonly #options: TabOptions
  readonly #life: HeldLock | null
  /** Resolves when other tabs can tell that this one is alive. Nothing of the session should be stored before. */
  readonly ready: Promise<void>
  readonly #links = new Set<DocumentLink>()

  constructor(options: TabOptions) {
    this.#options = options
    const { host, session } = options
    if (host === null) {
      this.#life = null
      this.ready = Promise.resolve()
    } else {
      const { promise, resolve } = withResolver()
      this.#life = holdLock(host.locks, this.#sessionLock(session), resolve)
      this.ready = promise
    }
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

  /** Joins the tabs that have `doc` open. */
  link(doc: DocName): DocumentLink {
    const { host, name } = this.#options
    const isAlive = (session: SessionId) => this.isAlive(session)
    const link = linkDocument({ host, name: `tutti:${name}:document:${doc}`, isAlive })
    this.#links.add(link)
    return link
  }

  close(): void {
    for (const link of this.#links) link.close()
    this.#life?.release()
  }

  #sessionLock(session: SessionId): string {
    return `tutti:${this.#options.name}:session:${session}`
  }
}

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
