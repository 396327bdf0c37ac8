import type {
  ByteBatch,
  ByteIterator,
  ByteLevel,
  IteratorRange,
  KeyRange,
  LevelSnapshot,
  ReadOptions,
  WriteOptions,
} from '../log/byte-level.ts'
import { DiskError } from './disk-faults.ts'
import type { DatabaseHolder, SimulatedDatabase } from './simulated-database.ts'
import { SimulatedIterator } from './simulated-iterator.ts'
import type { SimulatedMount } from './simulated-mount.ts'
import { type Change, findRow, rangeOf, type Row, SortedTable } from './sorted-table.ts'

/** What waits for its turn to be written: batches one after the other, as LevelDB does it. */
interface Job {
  /** `null` for a compaction. */
  readonly changes: readonly Change[] | null
  readonly sync: boolean
  resolve(): void
  reject(error: Error): void
}

class Snapshot implements LevelSnapshot {
  readonly rows: readonly Row[]
  isClosed = false

  constructor(rows: readonly Row[]) {
    this.rows = rows
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

/** A clear deletes so many keys in one batch at most. */
const clearedTogether = 200

/**
 * A database as one process has it open. A batch is in the log when it was written, is seen by readers then or, when it is
 * to be synced, once that is over. A failed sync makes it refuse all further writes, as LevelDB does; a failed write does
 * not, but what is written behind it is in danger.
 */
export class SimulatedLevel implements ByteLevel, DatabaseHolder {
  readonly #mount: SimulatedMount
  readonly #database: SimulatedDatabase
  #table = new SortedTable()
  #status: 'new' | 'open' | 'closed' = 'new'
  #waiting: Job[] = []
  #isWriting = false
  /** The first of those that wait is in the log. */
  #isLogged = false
  #idle: (() => void)[] = []
  /** Why it takes no more writes. */
  #refusal: DiskError | null = null
  readonly #create: boolean

  constructor(mount: SimulatedMount, database: SimulatedDatabase, create: boolean) {
    this.#mount = mount
    this.#database = database
    this.#create = create
  }

  open(): Promise<void> {
    const database = this.#database
    return new Promise((resolve, reject) => {
      this.#mount.after('open', () => {
        if (database.holder !== null) return reject(new DiskError('ELOCKED', 'lock'))
        if (!database.exists && !this.#create) return reject(new Error('the database does not exist'))
        const error = this.#mount.faults.strike('opening', 'open', 'write', 'sync', 'read')
        if (error !== null) return reject(error)
        this.#table = database.recover()
        database.holder = this
        this.#status = 'open'
        resolve()
      })
    })
  }

  async close(): Promise<void> {
    if (this.#status !== 'open') return
    this.#status = 'closed'
    if (this.#isWriting) await new Promise<void>(resolve => this.#idle.push(resolve))
    await new Promise<void>(resolve => this.#mount.after('write', resolve))
    this.#database.holder = null
  }

  async get(key: Uint8Array, options?: ReadOptions): Promise<Uint8Array | undefined> {
    const rows = this.#rows(options)
    await this.#mount.call('get', 'read')
    return findRow(rows, key)?.value.slice()
  }

  getSync(key: Uint8Array, options?: ReadOptions): Uint8Array | undefined {
    const row = findRow(this.#rows(options), key)
    const error = this.#mount.faults.strike('get', 'read')
    if (error !== null) throw error
    return row?.value.slice()
  }

  put(key: Uint8Array, value: Uint8Array, options: WriteOptions = {}): Promise<void> {
    return this.#write([copied(key, value)], options)
  }

  batch(): ByteBatch {
    this.#refuseWhenClosed()
    const changes: Change[] = []
    return {
      put: (key, value) => changes.push(copied(key, value)),
      del: key => changes.push(copied(key, null)),
      write: async (options = {}) => {
        if (changes.length > 0) await this.#write(changes, options)
      },
      async close() {},
    }
  }

  async clear(range: KeyRange): Promise<void> {
    const rows = this.#rows()
    const [from, to] = rangeOf(rows, range)
    await this.#mount.call('clear', 'read')
    for (let at = from; at < to; at += clearedTogether) {
      const keys = rows.slice(at, Math.min(to, at + clearedTogether))
      await this.#write(
        keys.map(({ key }) => ({ key, value: null })),
        {},
      )
    }
  }

  iterator(range: IteratorRange = {}): ByteIterator<[Uint8Array, Uint8Array]> {
    return this.#iterate(range, ({ key, value }) => [key.slice(), value.slice()])
  }

  keys(range: IteratorRange = {}): ByteIterator<Uint8Array> {
    return this.#iterate(range, ({ key }) => key.slice())
  }

  values(range: IteratorRange = {}): ByteIterator<Uint8Array> {
    return this.#iterate(range, ({ value }) => value.slice())
  }

  snapshot(): LevelSnapshot {
    return new Snapshot(this.#rows())
  }

  /** That it failed is not told, as LevelDB does not; but it takes no more writes then. */
  compactRange(): Promise<void> {
    this.#refuseWhenClosed()
    return this.#add(null, false)
  }

  interrupted(): readonly Change[] | null {
    return this.#isLogged || this.#refusal !== null ? null : (this.#waiting[0]?.changes ?? null)
  }

  #iterate<T>(range: IteratorRange, pick: (row: Row) => T): ByteIterator<T> {
    const read = async () => {
      this.#refuseWhenClosed()
      await this.#mount.call('iterator', 'read')
    }
    return new SimulatedIterator(this.#rows(range), range, read, pick)
  }

  #rows({ snapshot }: ReadOptions = {}): readonly Row[] {
    this.#refuseWhenClosed()
    if (snapshot === undefined) return this.#table.view()
    if (!(snapshot instanceof Snapshot) || snapshot.isClosed) throw new Error('the snapshot is not open')
    return snapshot.rows
  }

  #refuseWhenClosed() {
    this.#mount.refuseWhenOver()
    if (this.#status !== 'open') throw new Error('the database is not open')
  }

  async #write(changes: readonly Change[], { sync = false }: WriteOptions): Promise<void> {
    this.#refuseWhenClosed()
    return this.#add(changes, sync)
  }

  #add(changes: readonly Change[] | null, sync: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, sync, resolve, reject })
      if (!this.#isWriting) this.#next()
    })
  }

  #next() {
    const job = this.#waiting[0]
    this.#isWriting = job !== undefined
    if (job === undefined) {
      const idle = this.#idle
      this.#idle = []
      for (const resolve of idle) resolve()
    } else if (job.changes === null) this.#mount.after('sync', () => this.#compact(job))
    else this.#mount.after('write', () => this.#append(job, job.changes as readonly Change[]))
  }

  #append(job: Job, changes: readonly Change[]) {
    if (this.#refusal !== null) return this.#over(job, this.#refusal)
    const error = this.#mount.faults.strike('log', 'write')
    const record = this.#database.log(changes, error === null ? 'whole' : 'torn')
    this.#isLogged = true
    if (error !== null) return this.#over(job, error)
    if (job.sync) return this.#mount.after('sync', () => this.#sync(job, changes, record))
    this.#table.apply(changes)
    this.#over(job, null)
  }

  #sync(job: Job, changes: readonly Change[], record: { state: string }) {
    this.#refusal = this.#mount.faults.strike('log', 'sync')
    if (this.#refusal === null) {
      this.#table.apply(changes)
      this.#database.synced(this.#table)
    } else record.state = 'doubtful'
    this.#over(job, this.#refusal)
  }

  #compact(job: Job) {
    this.#refusal ??= this.#mount.faults.strike('table', 'write', 'sync')
    if (this.#refusal === null) this.#database.compacted(this.#table)
    this.#over(job, null)
  }

  #over(job: Job, error: Error | null) {
    this.#waiting.shift()
    this.#isLogged = false
    if (error === null) job.resolve()
    else job.reject(error)
    this.#next()
  }
}

function copied(key: Uint8Array, value: Uint8Array | null): Change {
  return { key: new Uint8Array(key), value: value === null ? null : new Uint8Array(value) }
}
