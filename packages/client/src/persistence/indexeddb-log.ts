import { type DocName, type Env, type Epoch, randomWord, type Seq, type SessionId, seq, TuttiError } from '@tutti/core'
import { readOldDatabase, storeAdopted } from './adopt.ts'
import { writeAdoption } from './adoption.ts'
import { compactCopy } from './compaction.ts'
import { countPending } from './count-pending.ts'
import { Database } from './database.ts'
import { result } from './idb-request.ts'
import { isShut } from './local-log-error.ts'
import type { Branch, EditName, LocalDocument, LocalLog, OwnEdit, PendingCount } from './local-log.ts'
import { OwnAppends } from './own-appends.ts'
import { copyStores, openCopy, readCopy, readDocument, type StoredCopy } from './read-copy.ts'
import { appendCopy, readRowKeys } from './rows.ts'
import { salvageCopy, setDamagedAside } from './salvage.ts'
import { rangeOf } from './stores.ts'
import { withdrawEdits } from './withdraw.ts'
import { WriteQueue } from './write-queue.ts'

export interface IndexedDbLogOptions {
  readonly env: Pick<Env, 'timers' | 'random'>
  /** One database for all documents; give each user their own name. Default "tutti". */
  readonly name?: string
  /** Default: the one of the page or worker. */
  readonly factory?: IDBFactory
  /** What "on this device" means: `relaxed` (default) survives a killed browser, `strict` also a power cut. */
  readonly durability?: 'relaxed' | 'strict'
  /** Opening the database may take this long. Default 2000. */
  readonly openTimeoutMs?: number
  /** Name of the y-indexeddb database to take a document over from; `null` for none. Default: the name of the document. */
  readonly oldDatabase?: (doc: DocName) => string | null
  /** Whether compaction may drop deleted content, as Yjs does by default. Default true. */
  readonly gc?: boolean
  /** Compaction begins from so many rows. Default 100. */
  readonly compactFromRows?: number
}

/** The device's log in IndexedDB. */
export class IndexedDbLog implements LocalLog {
  readonly survives = true
  readonly #name: string
  readonly #factory: IDBFactory
  readonly #options: IndexedDbLogOptions
  readonly #database: Database
  readonly #queue: WriteQueue
  readonly #own: OwnAppends
  readonly #lost = new Set<() => void>()

  constructor(options: IndexedDbLogOptions) {
    this.#options = options
    this.#name = options.name ?? 'tutti'
    this.#factory = options.factory ?? indexedDB
    this.#database = new Database({
      name: this.#name,
      factory: this.#factory,
      timers: options.env.timers,
      openTimeoutMs: this.#openTimeoutMs,
      durability: options.durability ?? 'relaxed',
      recreated: () => {
        this.#own.removed()
        for (const call of this.#lost) call()
      },
    })
    this.#queue = new WriteQueue(this.#database)
    this.#own = new OwnAppends(this.#queue)
  }

  async open(doc: DocName): Promise<LocalDocument> {
    await this.#queue.settled()
    let stored = await this.#read(doc)
    let trouble: readonly string[] = []
    const isNew = stored.rows.length === 0 && stored.document === null
    if (isNew ? stored.adoption !== 'done' : stored.adoption === 'owed') {
      trouble = await this.#adopt(doc)
      stored = await this.#read(doc)
    }
    const { unreadable, ...opened } = openCopy(stored)
    if (unreadable.length > 0) await setDamagedAside(this.#queue, doc, unreadable).catch(() => {})
    return trouble.length === 0 ? opened : { ...opened, damaged: [...opened.damaged, ...trouble] }
  }

  appendOwn(doc: DocName, session: SessionId, edits: readonly OwnEdit[]): Promise<void> {
    return this.#own.append(doc, session, edits)
  }

  appendRemote(doc: DocName, epoch: Epoch, bytes: Uint8Array, position: Seq, after?: Seq): Promise<void> {
    this.#own.seal(doc)
    return this.#queue.run(['rows', 'documents'], async transaction => {
      const known = await readDocument(transaction, doc)
      if (known !== null && known.epoch !== epoch) {
        throw new TuttiError('epoch-mismatch', `the copy has epoch ${known.epoch}, not ${epoch}`)
      }
      if (bytes.length > 0) await appendCopy(transaction, doc, bytes)
      const from = known?.position ?? seq(0)
      const moved = position > from && (after ?? from) <= from
      if (moved || known === null) {
        transaction.objectStore('documents').put({ epoch, position: moved ? position : from }, doc)
      }
    })
  }

  acknowledge(doc: DocName, session: SessionId, counter: number): Promise<void> {
    return this.#queue.run(['acks'], async transaction => {
      const acks = transaction.objectStore('acks')
      const through = await result(acks.get([doc, session]))
      if (counter > Number(through ?? 0)) acks.put(counter, [doc, session])
    })
  }

  async pending(): Promise<ReadonlyMap<DocName, PendingCount>> {
    await this.#queue.settled()
    return this.#database.read(['rows', 'acks'], countPending)
  }

  async list(): Promise<readonly DocName[]> {
    await this.#queue.settled()
    return this.#database.read(['rows', 'documents'], async transaction => {
      const documents = result(transaction.objectStore('documents').getAllKeys())
      const [names, rows] = await Promise.all([documents, readRowKeys(transaction)])
      return [...new Set([...(names as DocName[]), ...rows.map(key => key.doc)])].sort()
    })
  }

  async withdraw(doc: DocName, edits: readonly EditName[]): Promise<void> {
    this.#own.withdrawn(doc, edits)
    this.#own.seal(doc)
    try {
      await this.#queue.run(['rows', 'acks', 'documents'], transaction => withdrawEdits(transaction, doc, edits))
    } catch (error) {
      this.#own.kept(doc, edits)
      throw error
    }
  }

  addBranch(branch: Omit<Branch, 'id'>): Promise<Branch> {
    const added = { ...branch, id: randomWord(this.#options.env.random, 16) }
    return this.#queue.run(['branches'], transaction => {
      transaction.objectStore('branches').put(added, added.id)
      return added
    })
  }

  async branches(doc?: DocName): Promise<readonly Branch[]> {
    await this.#queue.settled()
    const all = await this.#database.read(['branches'], transaction =>
      result(transaction.objectStore('branches').getAll() as IDBRequest<Branch[]>),
    )
    return all.filter(branch => doc === undefined || branch.doc === doc).sort((a, b) => a.at - b.at)
  }

  removeBranch(id: string): Promise<void> {
    return this.#queue.run(['branches'], transaction => void transaction.objectStore('branches').delete(id))
  }

  remove(doc: DocName): Promise<void> {
    this.#own.removed(doc)
    this.#own.seal(doc)
    return this.#queue.run(['rows', 'acks', 'documents', 'damaged'], transaction => {
      for (const store of ['rows', 'acks', 'damaged']) transaction.objectStore(store).delete(rangeOf(doc))
      transaction.objectStore('documents').delete(doc)
    })
  }

  async compact(doc: DocName): Promise<void> {
    await this.#queue.settled()
    await compactCopy(this.#database, this.#queue, doc, {
      gc: this.#options.gc ?? true,
      fromRows: this.#options.compactFromRows ?? 100,
    })
  }

  async readSetting(key: string): Promise<string | null> {
    await this.#queue.settled()
    const value = await this.#database.read(['settings'], transaction =>
      result(transaction.objectStore('settings').get(key)),
    )
    return typeof value === 'string' ? value : null
  }

  writeSetting(key: string, value: string): Promise<void> {
    return this.#queue.run(['settings'], transaction => void transaction.objectStore('settings').put(value, key))
  }

  readOrCreateSetting(key: string, create: () => string): Promise<string> {
    return this.#queue.run(['settings'], async transaction => {
      const settings = transaction.objectStore('settings')
      const known: unknown = await result(settings.get(key))
      if (typeof known === 'string') return known
      const value = create()
      settings.put(value, key)
      return value
    })
  }

  onLost(call: () => void): () => void {
    this.#lost.add(call)
    return () => void this.#lost.delete(call)
  }

  async close(): Promise<void> {
    await this.#queue.settled()
    this.#database.close()
  }

  get #openTimeoutMs(): number {
    return this.#options.openTimeoutMs ?? 2000
  }

  /** In one transaction; record by record only where the browser cannot read them all. */
  async #read(doc: DocName): Promise<StoredCopy> {
    try {
      return await this.#database.read(copyStores, transaction => readCopy(transaction, doc))
    } catch (error) {
      if (isShut(error)) throw error
      return await salvageCopy(this.#database, doc).catch(() => {
        throw error
      })
    }
  }

  /** Takes over what y-indexeddb kept. An old database that cannot be read is reported and asked again next time. */
  async #adopt(doc: DocName): Promise<readonly string[]> {
    const name = (this.#options.oldDatabase ?? String)(doc)
    if (name === null || name === this.#name) return []
    try {
      const { timers, random } = this.#options.env
      const bytes = await readOldDatabase(name, { factory: this.#factory, timers, timeoutMs: this.#openTimeoutMs })
      if (bytes !== null) await storeAdopted(this.#queue, doc, bytes, random)
      return []
    } catch {
      await this.#queue.run(['settings'], transaction => writeAdoption(transaction, doc, 'owed')).catch(() => {})
      return [`the old database "${name}" could not be taken over`]
    }
  }
}
