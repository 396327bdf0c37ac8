import type { DocName, Epoch, Env, Millis, Seq, SessionId } from '@tutti/core'
import type { SeededRandom } from '@tutti/core/testing'
import type { Branch, EditName, LocalDocument, LocalLog, OwnEdit, PendingCount } from '../persistence/local-log.ts'

/** How a device's storage behaves now; the simulation changes it as it goes. */
export interface StorageCondition {
  isFull: boolean
  isBroken: boolean
  latencyMs: Millis
}

/**
 * A device's log as one tab sees it: every call takes time before and after it takes place. A tab that dies meanwhile never
 * learns whether it did; a storage that is full or broken refuses.
 */
export class SimulatedLog implements LocalLog {
  readonly #shared: LocalLog
  readonly #env: Env
  readonly #random: SeededRandom
  readonly #condition: StorageCondition
  /** Calls take place in their order. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(shared: LocalLog, env: Env, random: SeededRandom, condition: StorageCondition) {
    this.#shared = shared
    this.#env = env
    this.#random = random
    this.#condition = condition
  }

  get survives(): boolean {
    return this.#shared.survives
  }

  open(doc: DocName): Promise<LocalDocument> {
    return this.#read(() => this.#shared.open(doc))
  }

  appendOwn(doc: DocName, session: SessionId, edits: readonly OwnEdit[]): Promise<void> {
    return this.#write(() => this.#shared.appendOwn(doc, session, edits))
  }

  appendRemote(doc: DocName, epoch: Epoch, bytes: Uint8Array, position: Seq, after?: Seq): Promise<void> {
    return this.#write(() => this.#shared.appendRemote(doc, epoch, bytes, position, after))
  }

  acknowledge(doc: DocName, session: SessionId, counter: number): Promise<void> {
    return this.#write(() => this.#shared.acknowledge(doc, session, counter))
  }

  pending(): Promise<ReadonlyMap<DocName, PendingCount>> {
    return this.#read(() => this.#shared.pending())
  }

  list(): Promise<readonly DocName[]> {
    return this.#read(() => this.#shared.list())
  }

  withdraw(doc: DocName, edits: readonly EditName[]): Promise<void> {
    return this.#write(() => this.#shared.withdraw(doc, edits))
  }

  addBranch(branch: Omit<Branch, 'id'>): Promise<Branch> {
    return this.#write(() => this.#shared.addBranch(branch))
  }

  branches(doc?: DocName): Promise<readonly Branch[]> {
    return this.#read(() => this.#shared.branches(doc))
  }

  removeBranch(id: string): Promise<void> {
    return this.#write(() => this.#shared.removeBranch(id))
  }

  remove(doc: DocName): Promise<void> {
    return this.#write(() => this.#shared.remove(doc))
  }

  compact(doc: DocName): Promise<void> {
    return this.#write(() => this.#shared.compact(doc))
  }

  readSetting(key: string): Promise<string | null> {
    return this.#read(() => this.#shared.readSetting(key))
  }

  writeSetting(key: string, value: string): Promise<void> {
    return this.#write(() => this.#shared.writeSetting(key, value))
  }

  readOrCreateSetting(key: string, create: () => string): Promise<string> {
    return this.#write(() => this.#shared.readOrCreateSetting(key, create))
  }

  onLost(call: () => void): () => void {
    return this.#shared.onLost(call)
  }

  /** Others may have it open. */
  async close(): Promise<void> {
    await this.#last
  }

  #write<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(() => {
      const { isFull, isBroken } = this.#condition
      if (isFull) throw Object.assign(new Error('the device is full'), { code: 'local-quota' })
      if (isBroken) throw Object.assign(new Error('the storage broke'), { code: 'local-unavailable' })
      return work()
    })
  }

  #read<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(() => {
      if (this.#condition.isBroken) throw Object.assign(new Error('the storage broke'), { code: 'local-unavailable' })
      return work()
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      await this.#pass()
      const result = await work()
      await this.#pass()
      return result
    })
    this.#last = done.catch(() => {})
    return done
  }

  #pass(): Promise<void> {
    const ms = this.#condition.latencyMs * this.#random.next()
    return new Promise(resolve => void this.#env.timers.after(ms, resolve))
  }
}
