import { IDBFactory } from 'fake-indexeddb'
import 'fake-indexeddb/auto'
import { expect, onTestFinished, test } from 'vitest'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type Edition, editions, type StockClient } from './stock-client.ts'
import { until, untilAlike, untilSynced } from './until.ts'

// The two packages most apps are made of, as they come: a provider, and a copy on the device.

interface App {
  readonly client: StockClient
  readonly copy: IndexeddbPersistence
  /** The page is closed: what is stored stays. */
  close(): Promise<void>
}

/** A page that is loaded: first the copy, then the connection, unless the network is gone. */
async function load(edition: Edition, url: string, connect: boolean): Promise<App> {
  const doc = new Y.Doc()
  const copy = new IndexeddbPersistence('song', doc)
  await copy.whenSynced
  const client = edition.connect(url, 'song', { doc, connect })
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    client.destroy()
    await copy.destroy()
  }
  onTestFinished(close)
  return { client, copy, close }
}

const thirteens = editions.filter(edition => edition.name.startsWith('y-websocket'))

test.each(thirteens)(
  '[SES1] $name with y-indexeddb: offline, reloaded, back: everything is everywhere',
  async edition => {
    globalThis.indexedDB = new IDBFactory()
    const dir = await tempDir('app')
    const server = await spawnServer({ dir })
    const { url, port } = server
    const other = (editions[2] as Edition).connect(url, 'song')
    const first = await load(edition, url, true)
    await untilSynced([first.client, other])
    first.client.doc.push('online')
    other.doc.push('other online')
    await until([first.client, other], 'both have both', () =>
      [first.client, other].every(({ doc }) => doc.read().array.length === 2),
    )
    await first.client.disconnect()
    first.client.doc.push('offline')
    first.client.doc.paragraph('written on the train')
    other.doc.push('meanwhile')
    await first.close()

    // Reloaded without a network: the copy alone, and it is written on.
    const second = await load(edition, url, false)
    expect(new Set(second.client.doc.read().array)).toEqual(new Set(['online', 'other online', 'offline']))
    second.client.doc.push('offline again')
    await second.close()

    // The server dies meanwhile, and comes back before the app does.
    await server.kill('SIGKILL')
    await spawnServer({ dir, port })
    const third = await load(edition, url, true)
    await until([third.client, other], 'everything is everywhere', () =>
      [third.client, other].every(({ doc }) => doc.read().array.length === 5),
    )
    await untilAlike([third.client, other])
    expect(new Set(other.doc.read().array)).toEqual(
      new Set(['online', 'other online', 'offline', 'meanwhile', 'offline again']),
    )
    expect(other.doc.read().xml).toContain('written on the train')
  },
)
