import 'fake-indexeddb/auto'
import { type DocName, type Epoch, type SessionId, seq, systemEnv } from '@tutti/core'
import { manualEnv, randomEdit, readContent, seededRandom } from '@tutti/core/testing'
import { IDBFactory } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { faultyFactory, type StoreFault } from '../../../../tests/support/faulty-indexeddb.ts'
import { readDeviceId } from './device-id.ts'
import { result } from './idb-request.ts'
import { IndexedDbLog, type IndexedDbLogOptions } from './indexeddb-log.ts'
import type { LocalDocument, OwnEdit } from './local-log.ts'
import { openLocalLog } from './open-local-log.ts'
import { storeNames } from './stores.ts'

const song = 'song' as DocName
const epoch = 'e1' as Epoch
const ann = 'ann' as SessionId

function edit(counter: number, length = 4): OwnEdit {
  return { counter, base: seq(0), bytes: new Uint8Array(length).fill(counter) }
}

function open(factory: IDBFactory, more: Partial<IndexedDbLogOptions> = {}): IndexedDbLog {
  return new IndexedDbLog({ env: systemEnv, factory, ...more })
}

function counters({ pending }: LocalDocument): number[] {
  return pending.map(({ counter }) => counter)
}

/** A look past the log. */
async function raw<T>(factory: IDBFactory, work: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await result(factory.open('tutti'))
  const value = await result(work(database.transaction(storeNames, 'readwrite').objectStore('rows')))
  database.close()
  return value
}

describe('IndexedDbLog', () => {
  it('[LOC2] edits that wait together become one row; one transaction is in flight', async () => {
    const { factory, ...device } = faultyFactory(new IDBFactory())
    const log = open(factory)
    await Promise.all(Array.from({ length: 200 }, (_, i) => log.appendOwn(song, ann, [edit(i + 1)])))
    expect((await raw(factory, rows => rows.getAllKeys())).length).toBe(1)
    const first = log.appendOwn(song, ann, [edit(201)])
    await new Promise(resolve => setImmediate(resolve))
    const rest = Array.from({ length: 50 }, (_, i) => log.appendOwn(song, ann, [edit(i + 202)]))
    await Promise.all([first, ...rest])
    expect((await raw(factory, rows => rows.getAllKeys())).length).toBeLessThanOrEqual(3)
    expect(counters(await log.open(song)).length).toBe(251)
    expect(device.open.size).toBe(1)
    await log.close()
  })

  it('[LOC2] edits that come after something else of the document stay behind it', async () => {
    const log = open(new IDBFactory())
    const writes = [
      log.appendOwn(song, ann, [edit(1)]),
      log.appendRemote(song, epoch, Uint8Array.of(9), seq(1)),
      log.appendOwn(song, ann, [edit(2)]),
    ]
    await Promise.all(writes)
    const { updates } = await log.open(song)
    expect(updates.map(([byte]) => byte)).toEqual([1, 9, 2])
    await Promise.all([log.appendOwn(song, ann, [edit(3)]), log.remove(song), log.appendOwn(song, ann, [edit(4)])])
    expect(counters(await log.open(song))).toEqual([4])
    await log.close()
  })

  it('[LOC5] an open writes nothing', async () => {
    const device = faultyFactory(new IDBFactory())
    const log = open(device.factory)
    await log.open(song)
    expect(device.writes).toBe(0)
    await log.appendOwn(song, ann, [edit(1)])
    const { writes } = device
    for (let i = 0; i < 20; i++) await open(device.factory).open(song)
    await log.pending()
    await log.list()
    expect(device.writes).toBe(writes)
  })

  it.each<StoreFault>(['closed', 'aborted', 'lost'])(
    '[LOC6] a connection the browser ended is opened again, and no call notices (%s)',
    async fault => {
      const device = faultyFactory(new IDBFactory())
      const log = open(device.factory)
      await log.appendOwn(song, ann, [edit(1)])
      let faults = 1
      device.decide = () => (faults-- > 0 ? fault : null)
      await log.appendOwn(song, ann, [edit(2)])
      for (const handle of device.open) handle.close()
      expect(counters(await log.open(song))).toEqual([1, 2])
      await log.close()
    },
  )

  it('[LOC12] edits that could not be withdrawn are stored when they are brought again', async () => {
    const device = faultyFactory(new IDBFactory())
    const log = open(device.factory)
    await log.appendOwn(song, ann, [edit(1)])
    device.decide = () => 'full'
    await expect(log.appendOwn(song, ann, [edit(2)])).rejects.toMatchObject({ code: 'local-quota' })
    await expect(
      log.withdraw(
        song,
        [1, 2].map(counter => ({ session: ann, counter })),
      ),
    ).rejects.toMatchObject({ code: 'local-quota' })
    device.decide = () => null
    await log.appendOwn(song, ann, [edit(1), edit(2), edit(3)])
    expect(counters(await log.open(song))).toEqual([1, 2, 3])
    await log.close()
  })

  it('[LOC6] another tab may delete the database; writing goes on in a new one', async () => {
    const factory = new IDBFactory()
    const log = open(factory)
    let lost = 0
    log.onLost(() => lost++)
    await log.appendOwn(song, ann, [edit(1)])
    await result(factory.deleteDatabase('tutti'))
    await log.appendOwn(song, ann, [edit(2)])
    expect(lost).toBe(1)
    expect(counters(await log.open(song))).toEqual([2])
    await log.appendOwn(song, ann, [edit(1), edit(2), edit(3)])
    expect(new Set(counters(await log.open(song)))).toEqual(new Set([1, 2, 3]))
    await log.close()
  })

  it('[LOC7] a full device is said; what is stored stays; with room again the same edits are taken', async () => {
    const device = faultyFactory(new IDBFactory())
    const log = open(device.factory)
    await log.appendOwn(song, ann, [edit(1)])
    device.decide = () => 'full'
    await expect(log.appendOwn(song, ann, [edit(2)])).rejects.toMatchObject({ code: 'local-quota' })
    await expect(log.appendRemote(song, epoch, Uint8Array.of(1), seq(1))).rejects.toMatchObject({ code: 'local-quota' })
    await expect(log.acknowledge(song, ann, 1)).rejects.toMatchObject({ code: 'local-quota' })
    expect(counters(await log.open(song))).toEqual([1])
    device.decide = () => null
    await log.appendOwn(song, ann, [edit(2), edit(3)])
    expect(await log.open(song)).toMatchObject({ epoch: null, position: 0 })
    expect(counters(await log.open(song))).toEqual([1, 2, 3])
    await log.close()
  })

  it('[LOC7] one write that does not fit takes no other with it', async () => {
    const device = faultyFactory(new IDBFactory())
    const log = open(device.factory)
    let left = 2
    // The shared transaction and the first job alone fail; the others go through.
    device.decide = () => (left-- > 0 ? 'full' : null)
    const [big, small] = await Promise.allSettled([
      log.appendOwn(song, ann, [edit(1, 100_000)]),
      log.appendOwn('b' as DocName, ann, [edit(1)]),
    ])
    expect(big).toMatchObject({ status: 'rejected', reason: { code: 'local-quota' } })
    expect(small.status).toBe('fulfilled')
    await log.close()
  })

  it('[LOC8] nothing is stored that builds on an edit which is not', async () => {
    const device = faultyFactory(new IDBFactory())
    const log = open(device.factory)
    await log.appendOwn(song, ann, [edit(1)])
    device.decide = () => 'full'
    await expect(log.appendOwn(song, ann, [edit(2)])).rejects.toMatchObject({ code: 'local-quota' })
    device.decide = () => null
    await expect(log.appendOwn(song, ann, [edit(3)])).rejects.toMatchObject({ code: 'local-quota' })
    expect(counters(await log.open(song))).toEqual([1])
    // What comes together is stored together, in its order.
    await Promise.all([log.appendOwn(song, ann, [edit(3)]), log.appendOwn(song, ann, [edit(2)])])
    expect(counters(await log.open(song))).toEqual([1, 2, 3])
    device.decide = () => 'full'
    await expect(log.appendOwn(song, ann, [edit(4)])).rejects.toMatchObject({ code: 'local-quota' })
    await expect(log.withdraw(song, [{ session: ann, counter: 4 }])).rejects.toMatchObject({ code: 'local-quota' })
    device.decide = () => null
    await log.appendOwn(song, ann, [edit(5)])
    expect(counters(await log.open(song))).toEqual([1, 2, 3, 5])
    await log.close()
  })

  it('[LOC8] a counter that was left out keeps nothing back, and is taken when it comes after all', async () => {
    const log = open(new IDBFactory())
    await log.appendOwn(song, ann, [edit(4), edit(6)])
    await log.appendOwn(song, ann, [edit(9)])
    await log.appendOwn(song, ann, [edit(2), edit(5), edit(6), edit(9)])
    expect(counters(await log.open(song))).toEqual([4, 6, 9, 2, 5])
    await log.close()
  })

  it('[LOC9] a database that does not open in time is given up, and kept when it opens after all', async () => {
    const real = new IDBFactory()
    const env = manualEnv()
    let request: IDBOpenDBRequest | null = null
    const slow = Object.create(real) as IDBFactory
    const late: { onsuccess?: () => void; onupgradeneeded?: () => void; result?: IDBDatabase } = {}
    slow.open = () => late as unknown as IDBOpenDBRequest
    const log = open(slow, { env })
    const asked = log.pending()
    await new Promise(resolve => setImmediate(resolve))
    env.advance(2001)
    await expect(asked).rejects.toMatchObject({ code: 'local-unavailable' })
    request = real.open('tutti', 1)
    request.onupgradeneeded = () => {
      if (request !== null) late.result = request.result
      late.onupgradeneeded?.()
    }
    await result(request as IDBRequest<IDBDatabase>)
    late.onsuccess?.()
    expect((await log.pending()).size).toBe(0)
    await log.close()
  })

  it('[LOC9] where nothing opens there is a stand-in, which says that it does not survive', async () => {
    const broken = Object.create(new IDBFactory()) as IDBFactory
    broken.open = () => {
      throw new DOMException('private mode', 'SecurityError')
    }
    const log = await openLocalLog({ env: systemEnv, factory: broken })
    expect(log.survives).toBe(false)
    await log.appendOwn(song, ann, [edit(1)])
    expect(counters(await log.open(song))).toEqual([1])
    const newer = new IDBFactory()
    ;(await result(newer.open('tutti', 99))).close()
    expect((await openLocalLog({ env: systemEnv, factory: newer })).survives).toBe(false)
    expect((await openLocalLog({ env: systemEnv, factory: new IDBFactory() })).survives).toBe(true)
  })

  it('[LOC10] a damaged record is skipped, named and set aside, and the server is asked for everything again', async () => {
    const factory = new IDBFactory()
    const log = open(factory)
    await log.appendRemote(song, epoch, Uint8Array.of(1), seq(3))
    await log.appendOwn(song, ann, [edit(1)])
    await log.appendRemote(song, epoch, Uint8Array.of(2), seq(5))
    await log.appendOwn(song, ann, [edit(2)])
    const keys = await raw(factory, rows => rows.getAllKeys())
    const flipped = (await raw(factory, rows => rows.get(keys[2] as IDBValidKey))) as Uint8Array
    flipped.set([77], 5)
    await raw(factory, rows => rows.put(flipped, keys[2]))
    await raw(factory, rows => rows.put('nonsense', keys[3]))
    const opened = await log.open(song)
    expect(opened.damaged).toEqual([
      'row 3 of "song": part of the copy',
      'row 4 of "song": edits 2 to 2 of session ann',
    ])
    expect(opened).toMatchObject({ epoch, position: 0 })
    expect(counters(opened)).toEqual([1])
    expect([...(await log.pending())]).toEqual([[song, { edits: 1, bytes: 4 }]])
    expect(await log.open(song)).toMatchObject({ position: 0, damaged: [] })
    await log.appendRemote(song, epoch, Uint8Array.of(1, 2), seq(5), seq(3))
    expect(await log.open(song)).toMatchObject({ position: 0 })
    await log.appendRemote(song, epoch, Uint8Array.of(1, 2), seq(5), seq(0))
    expect(await log.open(song)).toMatchObject({ position: 5 })
    await log.close()
  })

  it('[LOC10] what the browser itself cannot read is treated the same', async () => {
    const device = faultyFactory(new IDBFactory())
    const log = open(device.factory)
    await log.appendOwn(song, ann, [edit(1)])
    await log.appendRemote(song, epoch, Uint8Array.of(1), seq(1))
    await log.appendOwn(song, ann, [edit(2)])
    const unreadable = () => {
      throw new DOMException('Failed to read large IndexedDB value', 'DataError')
    }
    const handle = [...device.open][0] as IDBDatabase
    const begin = handle.transaction.bind(handle)
    handle.transaction = (stores, mode, options) => {
      const transaction = begin(stores, mode, options)
      const find = transaction.objectStore.bind(transaction)
      transaction.objectStore = name => {
        const store = find(name)
        if (name !== 'rows') return store
        const get = store.get.bind(store)
        store.getAll = unreadable
        store.get = key => (Array.isArray(key) && key[1] === 2 ? unreadable() : get(key))
        return store
      }
      return transaction
    }
    const opened = await log.open(song)
    expect(opened.damaged).toEqual(['row 2 of "song": part of the copy'])
    expect(counters(opened)).toEqual([1, 2])
    handle.transaction = begin
    expect(await log.open(song)).toMatchObject({ damaged: [], position: 0 })
    await log.close()
  })

  it.each([true, false])('[LOC11] compaction leaves the same content and the same pending edits (gc %s)', async gc => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed)
      const factory = new IDBFactory()
      const log = open(factory, { gc, compactFromRows: 8 })
      const doc = new Y.Doc({ gc })
      const made: Uint8Array[] = []
      doc.on('update', (update: Uint8Array) => made.push(update))
      const count = { ann: 0, bob: 0 }
      const acked = { ann: 0, bob: 0 }
      for (let step = 0; step < 60; step++) {
        made.length = 0
        for (let edits = 1 + random.int(3); edits > 0; edits--) randomEdit(doc, random)
        const who = random.pick(['ann', 'bob'] as const)
        const session = who as SessionId
        if (random.chance(0.4)) {
          if (made.length > 0) await log.appendRemote(song, epoch, Y.mergeUpdates(made), seq(step + 1))
        } else {
          const edits = made.map(bytes => ({ counter: ++count[who], base: seq(0), bytes }))
          await log.appendOwn(song, session, edits)
        }
        if (random.chance(0.3)) {
          acked[who] += random.int(count[who] - acked[who] + 1)
          await log.acknowledge(song, session, acked[who])
        }
        if (random.chance(0.1)) await log.compact(song)
      }
      const before = await log.open(song)
      await log.compact(song)
      const after = await open(factory).open(song)
      const read = ({ updates }: LocalDocument) => {
        const copy = new Y.Doc()
        copy.transact(() => {
          for (const update of updates) Y.applyUpdate(copy, update)
        })
        expect(copy.store.pendingStructs, `seed ${seed}`).toBe(null)
        return readContent(copy)
      }
      expect(read(after), `seed ${seed}`).toEqual(readContent(doc))
      expect(read(before), `seed ${seed}`).toEqual(readContent(doc))
      expect(after.pending, `seed ${seed}`).toEqual(before.pending)
      expect(after.position).toBe(before.position)
      const rows = await raw(factory, store => store.getAllKeys())
      const pendingEdits = count.ann + count.bob - acked.ann - acked.bob
      expect(rows.length, `seed ${seed}`).toBeLessThanOrEqual(2 + pendingEdits)
    }
  })

  it('[LOC15] the id of a device is one word, the same for all tabs and later runs', async () => {
    const factory = new IDBFactory()
    const logs = [1, 2, 3, 4].map(() => open(factory))
    const ids = await Promise.all(logs.map((log, seed) => readDeviceId(log, seededRandom(seed))))
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(await readDeviceId(open(factory), seededRandom(99))).toBe(ids[0])
  })
})
