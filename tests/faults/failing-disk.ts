import type { ByteBatch, ByteIterator, ByteLevel } from '../../packages/server/src/log/byte-level.ts'
import type { Disk, DiskFile } from '../../packages/server/src/log/disk.ts'
import { nodeDisk } from '../../packages/server/src/log/node-disk.ts'
import type { Fault } from './store-workload.ts'

/** `file` is every change of a file beside the database. */
export type DiskCall = 'open' | 'read' | 'write' | 'file'

export interface DiskFault {
  readonly call: DiskCall
  /** The k-th fails; 0 for none. */
  readonly k: number
  readonly forever: boolean
  /** A write that fails has reached the disk nevertheless. */
  readonly landed: boolean
}

/**
 * What is written at the end of a database that has failed is not seen in it, but by whoever opens it again: so a write that
 * fails and has landed happens when the database is closed.
 */
class LateWrites {
  readonly #late: (() => Promise<unknown>)[] = []

  add(write: () => Promise<unknown>): void {
    this.#late.push(write)
  }

  async land(): Promise<void> {
    for (const write of this.#late.splice(0)) await write().catch(() => {})
  }
}

/** The disk of a folder, as the log sees it, with calls that fail: what needs no compiler and no privilege. */
export class FailingDisk implements Fault {
  /** Calls of the kind, while it was on. */
  calls = 0
  failed = 0
  readonly #fault: DiskFault
  #isOn = false

  constructor(fault: DiskFault) {
    this.#fault = fault
  }

  start(): void {
    this.#isOn = true
  }

  end(): void {
    this.#isOn = false
  }

  of(folder: string): Disk {
    const disk = nodeDisk(folder)
    return {
      folder,
      openDatabase: async create => {
        this.#strike('open')
        return this.#level(await disk.openDatabase(create))
      },
      findRoom: () => this.#later('write', () => disk.findRoom()),
      readFile: name => this.#now('read', () => disk.readFile(name)),
      openFile: (name, fresh) => this.#file(this.#now('file', () => disk.openFile(name, fresh))),
      renameFile: (from, to) => this.#now('file', () => disk.renameFile(from, to)),
    }
  }

  #file(file: DiskFile): DiskFile {
    return {
      write: (bytes, position) => this.#now('file', () => file.write(bytes, position)),
      truncate: length => this.#now('file', () => file.truncate(length)),
      sync: () => this.#now('file', () => file.sync()),
      close: () => file.close(),
    }
  }

  #level(db: ByteLevel): ByteLevel {
    const late = new LateWrites()
    const write = async <T>(run: () => Promise<T>): Promise<T> => {
      try {
        this.#strike('write')
      } catch (error) {
        if (this.#fault.landed) late.add(run)
        throw error
      }
      return run()
    }
    return {
      open: () => db.open(),
      async close() {
        await late.land()
        await db.close()
      },
      get: (key, options) => this.#later('read', () => db.get(key, options)),
      getSync: (key, options) => this.#now('read', () => db.getSync(key, options)),
      put: (key, value, options) => write(() => db.put(key, value, options)),
      batch: () => batchOf(db.batch(), write),
      clear: range => write(() => db.clear(range)),
      iterator: range => this.#iterator(db.iterator(range)),
      keys: range => this.#iterator(db.keys(range)),
      values: range => this.#iterator(db.values(range)),
      snapshot: () => db.snapshot(),
      compactRange: (start, end) => write(() => db.compactRange(start, end)),
    }
  }

  #iterator<T>(iterator: ByteIterator<T>): ByteIterator<T> {
    const next = () => this.#later('read', () => iterator.next())
    return {
      next,
      nextv: size => this.#later('read', () => iterator.nextv(size)),
      all: () => this.#later('read', () => iterator.all()),
      close: () => iterator.close(),
      async *[Symbol.asyncIterator]() {
        try {
          for (let value = await next(); value !== undefined; value = await next()) yield value
        } finally {
          await iterator.close()
        }
      },
    }
  }

  #now<T>(call: DiskCall, run: () => T): T {
    this.#strike(call)
    return run()
  }

  async #later<T>(call: DiskCall, run: () => Promise<T>): Promise<T> {
    this.#strike(call)
    return run()
  }

  #strike(call: DiskCall): void {
    const { k, forever } = this.#fault
    if (!this.#isOn || call !== this.#fault.call) return
    const number = ++this.calls
    if (k === 0 || number < k || (number > k && !forever)) return
    this.failed++
    throw Object.assign(new Error(`IO error: the ${call} number ${number} fails: Input/output error`), { code: 'EIO' })
  }
}

function batchOf(batch: ByteBatch, write: <T>(run: () => Promise<T>) => Promise<T>): ByteBatch {
  return {
    put: (key, value) => batch.put(key, value),
    del: key => batch.del(key),
    write: options => write(() => batch.write(options)),
    close: () => batch.close(),
  }
}
