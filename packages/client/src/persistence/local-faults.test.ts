import 'fake-indexeddb/auto'
import { type DocName, type Epoch, type SessionId, seq, systemEnv } from '@tutti/core'
import { type SeededRandom, seededRandom } from '@tutti/core/testing'
import { IDBFactory } from 'fake-indexeddb'
import { expect, it } from 'vitest'
import * as Y from 'yjs'
import { faultyFactory, type StoreFault } from '../../../../tests/support/faulty-indexeddb.ts'
import { scaled } from '../../../../tests/support/scale.ts'
import { IndexedDbLog } from './indexeddb-log.ts'
import type { OwnEdit } from './local-log.ts'

const epoch = 'e1' as Epoch
const faults: readonly StoreFault[] = ['closed', 'aborted', 'full', 'refused', 'lost']
const docs = ['a', 'b'] as DocName[]

/** A writer that keeps what is not stored and brings it again, as a session does. */
class Writer {
  readonly session: SessionId
  readonly doc: DocName
  readonly #content: Y.Doc = new Y.Doc()
  readonly #unstored: OwnEdit[] = []
  made = 0
  stored = 0
  acknowledged = 0

  constructor(doc: DocName, name: string) {
    this.doc = doc
    this.session = name as SessionId
    this.#content.on('update', (bytes: Uint8Array) => {
      this.#unstored.push({ counter: ++this.made, base: seq(0), bytes })
    })
  }

  edit(): void {
    this.#content.getArray(this.session).push([this.made + 1])
  }

  /** `some` leaves the newest for later: what is brought next may come while this is still on its way. */
  async store(log: IndexedDbLog, some: number): Promise<void> {
    const edits = this.#unstored.slice(0, some)
    const last = edits.at(-1)
    if (last === undefined) return
    await log.appendOwn(this.doc, this.session, edits)
    this.stored = Math.max(this.stored, last.counter)
    const left = this.#unstored.filter(edit => edit.counter > this.stored)
    this.#unstored.splice(0, this.#unstored.length, ...left)
  }
}

async function tryOut(seed: number, random: SeededRandom): Promise<void> {
  const device = faultyFactory(new IDBFactory())
  const rate = random.pick([0.05, 0.3, 0.8])
  const trouble = () => (random.chance(rate) ? random.pick(faults) : null)
  device.decide = trouble
  const open = () => new IndexedDbLog({ env: systemEnv, factory: device.factory, compactFromRows: 4 })
  const tabs = [open(), open()]
  const writers = docs.flatMap(doc => tabs.map((_, tab) => new Writer(doc, `tab${tab}`)))
  const position = new Map(docs.map(doc => [doc, 0]))
  const running: Promise<unknown>[] = []
  for (let step = 0; step < 50; step++) {
    const writer = random.pick(writers)
    const { doc, session } = writer
    const log = tabs[writer.session === 'tab0' ? 0 : 1] as IndexedDbLog
    const kind = random.int(20)
    let write: Promise<unknown> = Promise.resolve()
    if (kind < 10) {
      for (let edits = random.int(4); edits >= 0; edits--) writer.edit()
      write = writer.store(log, 1 + random.int(8))
    } else if (kind < 13) write = writer.store(log, 1000)
    else if (kind < 15 && writer.stored > writer.acknowledged) {
      const counter = writer.acknowledged + 1 + random.int(writer.stored - writer.acknowledged)
      write = log.acknowledge(doc, session, counter).then(() => {
        writer.acknowledged = Math.max(writer.acknowledged, counter)
      })
    } else if (kind < 17) {
      const to = step + 1
      const remote = new Y.Doc()
      remote.getMap('remote').set(`${to}`, true)
      const after = seq(position.get(doc) as number)
      write = log.appendRemote(doc, epoch, Y.encodeStateAsUpdate(remote), seq(to), after).then(() => {
        position.set(doc, Math.max(to, position.get(doc) as number))
      })
    } else if (kind < 18) write = log.compact(doc)
    else if (kind < 19) for (const handle of device.open) handle.close()
    else write = log.open(doc)
    running.push(write.catch((error: { code?: string }) => expect(error.code, `seed ${seed}`).toMatch(/^local-/)))
    if (random.chance(0.5)) await Promise.all(running.splice(0))
  }
  await Promise.all(running)
  // Room again: everything still in memory is stored.
  const brings = random.chance(0.5)
  device.decide = () => null
  if (brings) {
    await Promise.all(writers.map(writer => writer.store(tabs[writer.session === 'tab0' ? 0 : 1] as IndexedDbLog, 1e6)))
    for (const writer of writers) expect(writer.stored, `seed ${seed}`).toBe(writer.made)
  }
  const later = open()
  const counts = await later.pending()
  for (const doc of docs) {
    const { updates, pending, damaged, position: at } = await later.open(doc)
    expect(damaged).toEqual([])
    expect(at, `seed ${seed}: position`).toBeGreaterThanOrEqual(position.get(doc) as number)
    const copy = new Y.Doc()
    for (const update of updates) Y.applyUpdate(copy, update)
    expect(copy.store.pendingStructs, `seed ${seed}: gaps`).toBe(null)
    for (const writer of writers.filter(each => each.doc === doc)) {
      const found = copy.getArray<number>(writer.session).toArray()
      expect(found, `seed ${seed}: a beginning`).toEqual(Array.from(found, (_, i) => i + 1))
      expect(found.length, `seed ${seed}: what resolved`).toBeGreaterThanOrEqual(writer.stored)
      expect(found.length, `seed ${seed}: what was made`).toBeLessThanOrEqual(writer.made)
      const mine = pending.filter(({ session }) => session === writer.session).map(({ counter }) => counter)
      expect(mine, `seed ${seed}: pending`).toEqual(Array.from(mine, (_, i) => found.length - mine.length + i + 1))
      expect(mine.length, `seed ${seed}: acknowledged`).toBeLessThanOrEqual(found.length - writer.acknowledged)
    }
    expect(counts.get(doc)?.edits ?? 0, `seed ${seed}: count`).toBe(pending.length)
  }
}

// Seeds that once found something, with what they found.
const seeds: readonly number[] = [
  1, // two batches of a session in one transaction: the second did not know of the first
]

it('[LOC16] whatever transactions fail: what resolved is there, and nothing that builds on what is not', async () => {
  const count = scaled(60, 2000)
  const all = [...seeds, ...Array.from({ length: count }, (_, i) => i + 1)]
  for (const seed of all) await tryOut(seed, seededRandom(seed))
}, 300_000)
