import {
  type DocName,
  type Epoch,
  type Random,
  randomWord,
  type Seq,
  type SessionId,
  seq,
  TuttiError,
} from '@tutti/core'
import type { Branch, EditName, LocalDocument, LocalLog, OwnEdit, PendingCount, PendingEdit } from './local-log.ts'

/** A write of the log, before it takes place. */
export type LocalWrite = 'own' | 'remote' | 'acknowledge' | 'withdraw' | 'branch' | 'remove' | 'setting'

export interface MemoryLocalLogOptions {
  readonly random: Random
  /** Called before each write; awaited. An exception refuses the write. For tests of slow and failing devices. */
  readonly before?: (write: LocalWrite, doc: DocName | null) => Promise<void> | void
  /** What `survives` says. True only where a test plays a device that keeps things. */
  readonly survives?: boolean
}

interface Copy {
  epoch: Epoch | null
  position: Seq
  /** In their order; own edits under their names, so that each is there once. */
  readonly rows: Map<string, PendingEdit | { readonly bytes: Uint8Array }>
  readonly acknowledged: Map<SessionId, number>
}

/** The stand-in where there is no IndexedDB: the same behaviour, kept by this instance. Sessions may share one. */
export class MemoryLocalLog implements LocalLog {
  readonly survives: boolean
  readonly #options: MemoryLocalLogOptions
  readonly #copies = new Map<DocName, Copy>()
  readonly #branches = new Map<string, Branch>()
  readonly #settings = new Map<string, string>()
  /** Rows that are not own edits. */
  #remotes = 0
  /** Writes take place in the order of their calls. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: MemoryLocalLogOptions) {
    this.#options = options
    this.survives = options.survives ?? false
  }

  async open(doc: DocName): Promise<LocalDocument> {
    await this.#settled()
    const copy = this.#copies.get(doc)
    return {
      epoch: copy?.epoch ?? null,
      position: copy?.position ?? seq(0),
      updates: [...(copy?.rows.values() ?? [])].map(row => row.bytes),
      pending: copy === undefined ? [] : pendingOf(copy),
      damaged: [],
    }
  }

  appendOwn(doc: DocName, session: SessionId, edits: readonly OwnEdit[]): Promise<void> {
    return this.#write('own', doc, () => {
      const { rows } = this.#copy(doc)
      for (const edit of edits) {
        const name = nameOf(session, edit.counter)
        if (!rows.has(name)) rows.set(name, { ...edit, bytes: edit.bytes.slice(), session })
      }
    })
  }

  appendRemote(doc: DocName, epoch: Epoch, bytes: Uint8Array, position: Seq, after?: Seq): Promise<void> {
    return this.#write('remote', doc, () => {
      const copy = this.#copy(doc)
      if (copy.epoch !== null && copy.epoch !== epoch) {
        throw new TuttiError('epoch-mismatch', `the copy has epoch ${copy.epoch}, not ${epoch}`)
      }
      copy.epoch = epoch
      if (position > copy.position && (after ?? copy.position) <= copy.position) copy.position = position
      if (bytes.length > 0) copy.rows.set(`${++this.#remotes}`, { bytes: bytes.slice() })
    })
  }

  acknowledge(doc: DocName, session: SessionId, counter: number): Promise<void> {
    return this.#write('acknowledge', doc, () => {
      const { acknowledged } = this.#copy(doc)
      acknowledged.set(session, Math.max(counter, acknowledged.get(session) ?? 0))
    })
  }

  async pending(): Promise<ReadonlyMap<DocName, PendingCount>> {
    await this.#settled()
    const counts = new Map<DocName, PendingCount>()
    for (const [doc, copy] of this.#copies) {
      const pending = pendingOf(copy)
      if (pending.length === 0) continue
      counts.set(doc, { edits: pending.length, bytes: pending.reduce((sum, edit) => sum + edit.bytes.length, 0) })
    }
    return counts
  }

  async list(): Promise<readonly DocName[]> {
    await this.#settled()
    return [...this.#copies.keys()].sort()
  }

  withdraw(doc: DocName, edits: readonly EditName[]): Promise<void> {
    return this.#write('withdraw', doc, () => {
      const copy = this.#copies.get(doc)
      if (copy === undefined) return
      copy.position = seq(0)
      for (const { session, counter } of edits) {
        if (counter > (copy.acknowledged.get(session) ?? 0)) copy.rows.delete(nameOf(session, counter))
      }
    })
  }

  addBranch(branch: Omit<Branch, 'id'>): Promise<Branch> {
    return this.#write('branch', branch.doc, () => {
      const added = { ...branch, id: randomWord(this.#options.random, 16) }
      this.#branches.set(added.id, added)
      return added
    })
  }

  async branches(doc?: DocName): Promise<readonly Branch[]> {
    await this.#settled()
    return [...this.#branches.values()].filter(branch => doc === undefined || branch.doc === doc)
  }

  removeBranch(id: string): Promise<void> {
    return this.#write('branch', null, () => void this.#branches.delete(id))
  }

  remove(doc: DocName): Promise<void> {
    return this.#write('remove', doc, () => void this.#copies.delete(doc))
  }

  async compact(): Promise<void> {}

  async readSetting(key: string): Promise<string | null> {
    await this.#settled()
    return this.#settings.get(key) ?? null
  }

  writeSetting(key: string, value: string): Promise<void> {
    return this.#write('setting', null, () => void this.#settings.set(key, value))
  }

  readOrCreateSetting(key: string, create: () => string): Promise<string> {
    return this.#write('setting', null, () => {
      const value = this.#settings.get(key) ?? create()
      this.#settings.set(key, value)
      return value
    })
  }

  onLost(): () => void {
    return () => {}
  }

  async close(): Promise<void> {
    await this.#settled()
  }

  #copy(doc: DocName): Copy {
    let copy = this.#copies.get(doc)
    if (copy === undefined) {
      copy = { epoch: null, position: seq(0), rows: new Map(), acknowledged: new Map() }
      this.#copies.set(doc, copy)
    }
    return copy
  }

  #write<T>(write: LocalWrite, doc: DocName | null, work: () => T): Promise<T> {
    const done = this.#last.then(async () => {
      await this.#options.before?.(write, doc)
      return work()
    })
    this.#last = done.catch(() => {})
    return done
  }

  async #settled(): Promise<void> {
    await this.#last
  }
}

function nameOf(session: SessionId, counter: number): string {
  return `${counter} ${session}`
}

function pendingOf({ rows, acknowledged }: Copy): PendingEdit[] {
  return [...rows.values()].flatMap(row =>
    'session' in row && row.counter > (acknowledged.get(row.session) ?? 0) ? [row] : [],
  )
}
