// Runs in the browser: an editor in its simplest form over the device's log, for the tests of tests/browser.

import { type DocName, type Epoch, type SessionId, seq, systemEnv } from '@tutti/core'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { IndexedDbLog } from '../../packages/client/src/persistence/indexeddb-log.ts'
import type { OwnEdit } from '../../packages/client/src/persistence/local-log.ts'
import { Tab } from '../../packages/client/src/tabs/tab.ts'
import { tabHost } from '../../packages/client/src/tabs/tab-host.ts'

const song = 'song' as DocName

declare global {
  interface Window {
    readonly device: typeof device
    /** Given by the test. */
    told?(event: string, value: number | string): void
  }
}

function tell(event: string, value: number | string): void {
  window.told?.(event, value)
}

const { port1: near, port2: far } = new MessageChannel()

/** A turn of the event loop that no timer slows down. */
function nextTask(): Promise<void> {
  return new Promise(resolve => {
    near.onmessage = () => resolve()
    far.postMessage(null)
  })
}

let log = new IndexedDbLog({ env: systemEnv })
let tab: Tab | null = null
let content = new Y.Doc()
let unstored: OwnEdit[] = []
let made = 0

/** As a session does: what could not be stored is kept, and brought again with the next edit. */
function store(session: SessionId): Promise<void> {
  const edits = [...unstored]
  const last = edits.at(-1)?.counter ?? 0
  return log.appendOwn(song, session, edits).then(
    () => {
      unstored = unstored.filter(edit => edit.counter > last)
      tell('stored', last)
    },
    (error: { code?: string }) => tell('refused', String(error.code)),
  )
}

const device = {
  async start(session: SessionId, durability: 'relaxed' | 'strict' = 'relaxed'): Promise<number> {
    log = new IndexedDbLog({ env: systemEnv, durability })
    tab = new Tab({ host: tabHost(), name: 'tutti', doc: song, session })
    tab.listener = {
      edited: bytes => Y.applyUpdate(content, bytes, 'tab'),
      rewritten: () => {},
      leadershipChanged: () => tell('leads', String(tab?.isLeader)),
    }
    log.onLost(() => tell('lost', 1))
    content = new Y.Doc()
    made = 0
    const { updates } = await log.open(song)
    for (const update of updates) Y.applyUpdate(content, update, 'log')
    content.on('update', (bytes: Uint8Array, origin: unknown) => {
      if (origin === 'log' || origin === 'tab') return
      unstored.push({ counter: ++made, base: seq(0), bytes })
      tab?.tellEdit(bytes, true)
      void store(session)
    })
    return device.length()
  },

  /** Edits of `size` characters, each in a task of its own as keystrokes are. */
  async write(edits: number, size = 8): Promise<void> {
    const list = content.getArray<string>('list')
    for (let i = 0; i < edits; i++) {
      list.push([noise(size)])
      await nextTask()
    }
  },

  length: (): number => content.getArray('list').length,
  isLeader: (): boolean => tab?.isLeader ?? false,
  isAlive: async (session: string): Promise<boolean> => (await tab?.isAlive(session as SessionId)) ?? false,
  pending: async (): Promise<number> => (await log.pending()).get(song)?.edits ?? 0,
  close: () => tab?.close(),

  async rows(): Promise<{ rows: number; edits: number }> {
    const database = await opened(indexedDB.open('tutti'))
    const keys = await opened(database.transaction('rows').objectStore('rows').getAllKeys())
    database.close()
    return { rows: keys.length, edits: keys.reduce<number>((sum, key) => sum + Number((key as number[])[5] ?? 0), 0) }
  },

  async deleteDatabase(): Promise<void> {
    await opened(indexedDB.deleteDatabase('tutti'))
  },

  /** Milliseconds until `edits` are in the store's hands, all at once or each in a task of its own. */
  async timeOurs(name: string, edits: number, spread: boolean): Promise<number> {
    const timed = new IndexedDbLog({ env: systemEnv, name })
    await timed.open(song)
    const doc = new Y.Doc()
    const stored: Promise<void>[] = []
    let counter = 0
    doc.on('update', (bytes: Uint8Array) => {
      stored.push(timed.appendOwn(song, 's' as SessionId, [{ counter: ++counter, base: seq(0), bytes }]))
    })
    const began = performance.now()
    await push(doc, edits, spread)
    await Promise.all(stored)
    const ms = performance.now() - began
    await timed.close()
    return ms
  },

  async timeYIndexedDb(name: string, edits: number, spread: boolean): Promise<number> {
    const doc = new Y.Doc()
    const old = new IndexeddbPersistence(name, doc)
    await old.whenSynced
    const began = performance.now()
    await push(doc, edits, spread)
    // Behind all that were begun before it.
    await ended((old.db as IDBDatabase).transaction('updates', 'readwrite'))
    const ms = performance.now() - began
    await old.destroy()
    return ms
  },

  /** Stores updates as they come from a server, folding now and then, as a session does. */
  async fillOurs(name: string, file: string): Promise<void> {
    const filled = new IndexedDbLog({ env: systemEnv, name })
    for (const [i, update] of (await blocks(file)).entries()) {
      await filled.appendRemote(song, 'e' as Epoch, update, seq(i + 1))
      if (i % 200 === 199) await filled.compact(song)
    }
    await filled.close()
  },

  async fillYIndexedDb(name: string, file: string): Promise<void> {
    const doc = new Y.Doc()
    const old = new IndexeddbPersistence(name, doc)
    await old.whenSynced
    const updates = await blocks(file)
    // It folds a second after the last edit; ours folded last where this does, and has as many rows behind it.
    const folded = updates.length - (updates.length % 200)
    for (const update of updates.slice(0, folded)) Y.applyUpdate(doc, update, 'server')
    await ended((old.db as IDBDatabase).transaction('updates', 'readwrite'))
    await new Promise(resolve => setTimeout(resolve, 1500))
    for (const update of updates.slice(folded)) Y.applyUpdate(doc, update, 'server')
    await ended((old.db as IDBDatabase).transaction('updates', 'readwrite'))
    await old.destroy()
  },

  /** Milliseconds from nothing to a document with everything in it, and the length of its text. */
  async openOurs(name: string): Promise<{ ms: number; length: number; rows: number }> {
    const began = performance.now()
    const timed = new IndexedDbLog({ env: systemEnv, name })
    const { updates } = await timed.open(song)
    const doc = new Y.Doc()
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update)
    })
    const ms = performance.now() - began
    await timed.close()
    return { ms, length: doc.getText('text').length, rows: updates.length }
  },

  async openYIndexedDb(name: string): Promise<{ ms: number; length: number }> {
    const began = performance.now()
    const doc = new Y.Doc()
    const old = new IndexeddbPersistence(name, doc)
    await old.whenSynced
    const ms = performance.now() - began
    await old.destroy()
    return { ms, length: doc.getText('text').length }
  },
}

async function push(doc: Y.Doc, edits: number, spread: boolean): Promise<void> {
  const list = doc.getArray<string>('list')
  for (let i = 0; i < edits; i++) {
    list.push(['x'])
    if (spread) await nextTask()
  }
}

/** Text that no store can squeeze. */
function noise(size: number): string {
  let text = ''
  while (text.length < size) text += Math.random().toString(36).slice(2)
  return text.slice(0, size)
}

/** Bytes with their length before them (4 bytes, little endian). */
async function blocks(file: string): Promise<Uint8Array[]> {
  const buffer = await (await fetch(file)).arrayBuffer()
  const view = new DataView(buffer)
  const found: Uint8Array[] = []
  for (let at = 0; at < buffer.byteLength; ) {
    const length = view.getUint32(at, true)
    found.push(new Uint8Array(buffer, at + 4, length))
    at += 4 + length
  }
  return found
}

function opened<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('refused'))
  })
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.objectStore('updates').count()
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error('aborted'))
  })
}

Object.assign(window, { device })
