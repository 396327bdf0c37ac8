import 'fake-indexeddb/auto'
import { type DocName, type Epoch, type NewEntry, seq, systemEnv } from '@tutti/core'
import { describeUpdateLog } from '@tutti/core/testing'
import { IDBFactory } from 'fake-indexeddb'
import { describe, expect, test } from 'vitest'
import { faultyFactory } from '../../../../tests/support/faulty-indexeddb.ts'
import { result } from './idb-request.ts'
import { IndexedDbUpdateLog } from './indexeddb-update-log.ts'

const env = systemEnv

describeUpdateLog(
  'IndexedDbUpdateLog',
  async () => {
    const factory = new IDBFactory()
    let log = new IndexedDbUpdateLog({ env, factory })
    return {
      log,
      async reopen() {
        await log.close()
        log = new IndexedDbUpdateLog({ env, factory })
        return log
      },
      close: () => log.close(),
    }
  },
  { runner: { describe, test } },
)

const doc = 'd' as DocName
const epoch = 'e1' as Epoch
const author = { subject: '', device: '', session: 's' }
const entry = (counter: number): NewEntry => ({ bytes: Uint8Array.of(counter), at: 1, base: seq(0), author, counter })

describe('IndexedDbUpdateLog', () => {
  test('[LOG12] an append the device refuses leaves nothing, and the next one takes its position', async () => {
    const device = faultyFactory(new IDBFactory())
    const log = new IndexedDbUpdateLog({ env, factory: device.factory })
    await log.append(doc, epoch, [entry(1)])
    device.decide = () => 'full'
    await expect(log.append(doc, epoch, [entry(2)])).rejects.toMatchObject({ code: 'store-unavailable' })
    await expect(log.probe()).rejects.toMatchObject({ code: 'store-unavailable' })
    device.decide = () => null
    await log.probe()
    expect(await log.append(doc, epoch, [entry(3)])).toBe(2)
    expect((await log.open(doc)).entries.map(({ counter }) => counter)).toEqual([1, 3])
  })

  test('[LOG9] [LOG14] an entry that is missing or unreadable is named, the others read, and nothing more is written', async () => {
    const factory = new IDBFactory()
    const log = new IndexedDbUpdateLog({ env, factory })
    await log.append(doc, epoch, [1, 2, 3, 4, 5].map(entry))
    const database = await result(factory.open('tutti'))
    const entries = database.transaction('entries', 'readwrite').objectStore('entries')
    entries.delete([doc, 2])
    await result(entries.put('nonsense', [doc, 5]))
    database.close()
    const { entries: left, findings } = await log.open(doc)
    expect(left.map(({ seq: at }) => at)).toEqual([1, 3, 4])
    expect(findings.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['missing-entries', 2, 2],
      ['missing-entries', 5, 5],
    ])
    await expect(log.append(doc, epoch, [entry(6)])).rejects.toMatchObject({ code: 'document-unavailable' })
  })
})
