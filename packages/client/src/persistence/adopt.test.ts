import 'fake-indexeddb/auto'
import { type DocName, type Epoch, type SessionId, seq, systemEnv } from '@tutti/core'
import { randomEdit, readContent, seededRandom } from '@tutti/core/testing'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { result } from './idb-request.ts'
import { IndexedDbLog } from './indexeddb-log.ts'

const song = 'song' as DocName
const real = globalThis.indexedDB

// y-indexeddb knows only the one of the page.
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})
afterEach(() => {
  globalThis.indexedDB = real
})

async function oldApp(name: string): Promise<Y.Doc> {
  const random = seededRandom(5)
  const doc = new Y.Doc()
  for (let open = 0; open < 3; open++) {
    const old = new IndexeddbPersistence(name, doc)
    await old.whenSynced
    for (let i = 0; i < 40; i++) randomEdit(doc, random)
    await old.set('app', 'kept')
    await old.destroy()
  }
  return doc
}

function contentOf(updates: readonly Uint8Array[]): unknown {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return readContent(doc)
}

async function names(): Promise<string[]> {
  return (await indexedDB.databases()).map(({ name }) => String(name)).sort()
}

it.each([true, false])(
  '[LOC14] what y-indexeddb kept is taken over as one pending edit, once, and left in place (databases(): %s)',
  async hasList => {
    const doc = await oldApp(song)
    if (!hasList) Object.defineProperty(globalThis.indexedDB, 'databases', { value: undefined })
    const logs = [1, 2, 3].map(() => new IndexedDbLog({ env: systemEnv }))
    const opened = await Promise.all(logs.map(log => log.open(song)))
    for (const { updates, pending, position, epoch, damaged } of opened) {
      expect(contentOf(updates)).toEqual(readContent(doc))
      expect(pending.length).toBe(1)
      expect({ position, epoch, damaged }).toEqual({ position: 0, epoch: null, damaged: [] })
    }
    const again = new IndexedDbLog({ env: systemEnv })
    expect((await again.open(song)).pending).toEqual(opened[0]?.pending)
    expect([...(await again.pending()).values()]).toMatchObject([{ edits: 1 }])
    const left = new Y.Doc()
    const old = new IndexeddbPersistence(song, left)
    await old.whenSynced
    expect(readContent(left)).toEqual(readContent(doc))
    expect(await old.get('app')).toBe('kept')
    await old.destroy()
    await again.remove(song)
    expect((await again.open(song)).updates).toEqual([])
  },
)

it('[LOC14] a document that has a copy takes nothing over', async () => {
  await oldApp(song)
  const log = new IndexedDbLog({ env: systemEnv })
  await log.appendRemote(song, 'e1' as Epoch, Uint8Array.of(0, 0), seq(1))
  expect((await log.open(song)).updates.length).toBe(1)
})

it('[LOC14] an old database that cannot be read is reported, and taken over later, whatever was written meanwhile', async () => {
  const doc = await oldApp(song)
  const refusing = vi.spyOn(indexedDB, 'databases').mockRejectedValue(new DOMException('not now', 'UnknownError'))
  const log = new IndexedDbLog({ env: systemEnv })
  expect((await log.open(song)).damaged).toEqual(['the old database "song" could not be taken over'])
  const news = new Y.Doc()
  news.getMap('new').set('song', 1)
  await log.appendOwn(song, 'ann' as SessionId, [{ counter: 1, base: seq(0), bytes: Y.encodeStateAsUpdate(news) }])
  expect((await log.open(song)).damaged.length).toBe(1)
  refusing.mockRestore()
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(news))
  const opened = await new IndexedDbLog({ env: systemEnv }).open(song)
  expect(contentOf(opened.updates)).toEqual(readContent(doc))
  expect(opened).toMatchObject({ damaged: [], pending: [{ session: 'ann' }, {}] })
  expect((await log.open(song)).pending).toEqual(opened.pending)
})

it('[LOC14] looking for an old database makes none, and minds only those of y-indexeddb', async () => {
  const theirs = indexedDB.open('notes', 3)
  theirs.onupgradeneeded = () => theirs.result.createObjectStore('updates')
  ;(await result(theirs as IDBRequest<IDBDatabase>)).close()
  for (const hide of [false, true]) {
    if (hide) Object.defineProperty(globalThis.indexedDB, 'databases', { value: undefined, configurable: true })
    const log = new IndexedDbLog({ env: systemEnv })
    for (const name of ['song', 'notes', 'tutti']) expect((await log.open(name as DocName)).updates).toEqual([])
    await log.close()
  }
  Reflect.deleteProperty(globalThis.indexedDB, 'databases')
  expect(await names()).toEqual(['notes', 'tutti'])
})

it('[LOC14] another name may be given, or none', async () => {
  await oldApp('app/song')
  const none = new IndexedDbLog({ env: systemEnv, name: 'a', oldDatabase: () => null })
  expect((await none.open('app/song' as DocName)).updates).toEqual([])
  const named = new IndexedDbLog({ env: systemEnv, name: 'b', oldDatabase: doc => `app/${doc}` })
  expect((await named.open(song)).pending.length).toBe(1)
})
