import {
  type Checkpoint,
  type CompactionReport,
  type Deletion,
  type DocName,
  type DocumentSummary,
  type Entry,
  type Env,
  type Epoch,
  equalBytes,
  type Finding,
  ListedDocument,
  type NewEntry,
  type OpenedDocument,
  type Removal,
  type Seq,
  seq,
  TuttiError,
  type UpdateLog,
} from '@tutti/core'
import { Database, type Work } from './database.ts'
import { result } from './idb-request.ts'
import { LocalLogError } from './local-log-error.ts'
import { rangeOf } from './stores.ts'
import { WriteQueue } from './write-queue.ts'

/** What is known of a log without its entries. */
interface LogHead extends Omit<DocumentSummary, 'doc' | 'deleted'> {
  readonly deleted?: Deletion | null
  readonly checkpointBytes: number
}

export interface IndexedDbUpdateLogOptions {
  readonly env: Pick<Env, 'timers'>
  readonly name?: string
  readonly factory?: IDBFactory
}

/**
 * The port of core over the stores of the device's database: a document's log itself, with its positions, for whoever
 * gives them out in the browser. `append` is strict: it waits for the disk.
 */
export class IndexedDbUpdateLog implements UpdateLog {
  readonly #database: Database
  readonly #queue: WriteQueue
  /** Documents that opened with findings. */
  readonly #damaged = new Set<DocName>()

  constructor({ env, name = 'tutti', factory = indexedDB }: IndexedDbUpdateLogOptions) {
    this.#database = new Database({
      name,
      factory,
      timers: env.timers,
      openTimeoutMs: 2000,
      durability: 'strict',
      recreated: () => {},
    })
    this.#queue = new WriteQueue(this.#database)
  }

  open(doc: DocName): Promise<OpenedDocument> {
    return this.#read(async transaction => {
      const head = await readHead(transaction, doc)
      if (head === null) return new ListedDocument()
      const [checkpoint, found] = await Promise.all([
        readCheckpoint(transaction, doc),
        readEntries(transaction, doc, head.checkpointSeq + 1, head.head),
      ])
      const entries = found.filter(isEntry)
      const findings = [...lookAt(doc, head, entries)]
      if (checkpoint === null && head.checkpointSeq > 0) findings.push(lostCheckpoint(doc, head))
      if (findings.length > 0) this.#damaged.add(doc)
      return new ListedDocument({
        epoch: head.epoch,
        head: head.head,
        checkpoint,
        entries,
        findings,
        deleted: head.deleted ?? null,
      })
    })
  }

  append(doc: DocName, epoch: Epoch, entries: readonly NewEntry[]): Promise<Seq> {
    return this.#write(async transaction => {
      this.#refuseDamaged(doc)
      const head = await readHead(transaction, doc)
      if (head !== null && head.epoch !== epoch) {
        throw new TuttiError('epoch-mismatch', `the document has epoch ${head.epoch}, not ${epoch}`)
      }
      let at = head?.head ?? 0
      if (entries.length === 0) return seq(at)
      let tailBytes = head?.tailBytes ?? 0
      for (const entry of entries) {
        transaction.objectStore('entries').put({ ...entry, seq: seq(++at) }, [doc, at])
        tailBytes += entry.bytes.length
      }
      const tailEntries = (head?.tailEntries ?? 0) + entries.length
      const known = head ?? { epoch, checkpointSeq: seq(0), checkpointBytes: 0 }
      writeHead(transaction, doc, { ...known, head: seq(at), tailEntries, tailBytes })
      return seq(at)
    })
  }

  read(doc: DocName, after: Seq, maxBytes: number): Promise<readonly Entry[]> {
    return this.#read(async transaction => {
      const head = await readHead(transaction, doc)
      if (head === null) return []
      const page: Entry[] = []
      let bytes = 0
      for (const entry of await readEntries(transaction, doc, Math.max(after, head.checkpointSeq) + 1, head.head)) {
        if (!isEntry(entry)) continue
        bytes += entry.bytes.length
        if (page.length > 0 && bytes > maxBytes) break
        page.push(entry)
      }
      return page
    })
  }

  checkpoint(doc: DocName, checkpoint: Checkpoint): Promise<CompactionReport> {
    return this.#write(async transaction => {
      this.#refuseDamaged(doc)
      const head = await readHead(transaction, doc)
      const before = head?.checkpointSeq ?? 0
      if (head === null || checkpoint.seq < Math.max(1, before) || checkpoint.seq > head.head) {
        throw new RangeError(`no checkpoint of ${doc} can be at ${checkpoint.seq}`)
      }
      const folded = (await readEntries(transaction, doc, before + 1, checkpoint.seq)).filter(isEntry)
      const foldedBytes = folded.reduce((sum, entry) => sum + entry.bytes.length, 0)
      transaction.objectStore('entries').put(checkpoint, [doc, 'checkpoint'])
      const stored = await readCheckpoint(transaction, doc)
      if (stored === null || !equalBytes(stored.bytes, checkpoint.bytes)) {
        throw new TuttiError('store-unavailable', `the checkpoint of ${doc} did not read back`)
      }
      writeHead(transaction, doc, {
        ...head,
        checkpointSeq: checkpoint.seq,
        checkpointBytes: checkpoint.bytes.length,
        tailEntries: head.head - checkpoint.seq,
        tailBytes: head.tailBytes - foldedBytes,
      })
      return {
        bytesBefore: head.checkpointBytes + foldedBytes,
        bytesAfter: checkpoint.bytes.length,
        entriesFolded: checkpoint.seq - before,
      }
    })
  }

  history(doc: DocName, from: Seq, to: Seq): Promise<readonly Entry[]> {
    return this.#read(async transaction => {
      const head = await readHead(transaction, doc)
      const last = Math.min(to, head?.checkpointSeq ?? 0)
      return (await readEntries(transaction, doc, Math.max(1, from), last)).filter(isEntry)
    })
  }

  async *list(from = ''): AsyncGenerator<DocumentSummary> {
    yield* await this.#read(async transaction => {
      const heads = transaction.objectStore('heads')
      const range = IDBKeyRange.lowerBound(from)
      const [docs, found] = await Promise.all([
        result(heads.getAllKeys(range)),
        result(heads.getAll(range) as IDBRequest<LogHead[]>),
      ])
      return found.map(({ checkpointBytes: _, deleted = null, ...summary }, i) => ({
        doc: docs[i] as DocName,
        ...summary,
        deleted,
      }))
    })
  }

  mark(doc: DocName, deleted: Deletion | null): Promise<void> {
    return this.#write(async transaction => {
      const head = await readHead(transaction, doc)
      if (head === null) throw new RangeError(`there is no ${doc} to be marked`)
      writeHead(transaction, doc, { ...head, deleted })
    })
  }

  remove(doc: DocName, how: Removal = 'for-good'): Promise<void> {
    this.#damaged.delete(doc)
    return this.#write(async transaction => {
      const head = await readHead(transaction, doc)
      transaction.objectStore('entries').delete(rangeOf(doc))
      transaction.objectStore('heads').delete(doc)
      if (head !== null && how === 'for-good') transaction.objectStore('settings').put('', removedKey(head.epoch))
    })
  }

  async wasRemoved(epoch: Epoch): Promise<boolean> {
    return this.#read(async transaction => {
      const found = transaction.objectStore('settings').getKey(removedKey(epoch))
      return (await result(found)) !== undefined
    })
  }

  async probe(): Promise<void> {
    await this.#queue
      .run(['settings'], transaction => void transaction.objectStore('settings').put('', 'probe'))
      .catch(tell)
  }

  async close(): Promise<void> {
    await this.#queue.settled()
    this.#database.close()
  }

  #refuseDamaged(doc: DocName): void {
    if (this.#damaged.has(doc)) throw new TuttiError('document-unavailable', `${doc} is damaged: it can only be read`)
  }

  async #read<T>(work: Work<T>): Promise<T> {
    await this.#queue.settled()
    return this.#database.read(stores, work).catch(tell)
  }

  #write<T>(work: Work<T>): Promise<T> {
    return this.#queue.run(stores, work).catch(tell)
  }
}

const stores = ['entries', 'heads', 'settings'] as const

function removedKey(epoch: Epoch): string {
  return `removed ${epoch}`
}

function tell(error: unknown): never {
  if (error instanceof LocalLogError) throw new TuttiError('store-unavailable', error.message, { cause: error })
  throw error
}

async function readHead(transaction: IDBTransaction, doc: DocName): Promise<LogHead | null> {
  const found = transaction.objectStore('heads').get(doc) as IDBRequest<LogHead | undefined>
  return (await result(found)) ?? null
}

function writeHead(transaction: IDBTransaction, doc: DocName, head: LogHead): void {
  transaction.objectStore('heads').put(head, doc)
}

async function readCheckpoint(transaction: IDBTransaction, doc: DocName): Promise<Checkpoint | null> {
  const found = transaction.objectStore('entries').get([doc, 'checkpoint']) as IDBRequest<Checkpoint | undefined>
  return (await result(found)) ?? null
}

async function readEntries(transaction: IDBTransaction, doc: DocName, from: number, to: number): Promise<unknown[]> {
  if (from > to) return []
  return await result(transaction.objectStore('entries').getAll(IDBKeyRange.bound([doc, from], [doc, to])))
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false
  const { seq: at, bytes } = value as Partial<Entry>
  return typeof at === 'number' && bytes instanceof Uint8Array
}

/** Entries that are not where they must be. */
function* lookAt(doc: DocName, { checkpointSeq, head }: LogHead, entries: readonly Entry[]): Generator<Finding> {
  let next: number = checkpointSeq + 1
  for (const at of [...entries.map(entry => entry.seq), head + 1]) {
    if (at > next) {
      const [from, to] = [seq(next), seq(at - 1)]
      yield { kind: 'missing-entries', doc, from, to, message: `entries ${from} to ${to} are missing` }
    }
    next = at + 1
  }
}

function lostCheckpoint(doc: DocName, { checkpointSeq }: LogHead): Finding {
  const message = `the checkpoint at ${checkpointSeq} is missing`
  return { kind: 'damaged-checkpoint', doc, from: seq(1), to: checkpointSeq, message }
}
