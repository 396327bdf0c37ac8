// Runs in the browser, as a page, as a worker or as a Service Worker: a small app over the provider, for the tests of
// tests/browser.

import { pendingOverall, type PendingCount, Provider, type Refusal, savingText } from '@tutti/client'
import * as Y from 'yjs'

declare global {
  interface Window {
    readonly app: App
    /** Given by the test. */
    told?(event: string, value: number | string): void
  }
}

export interface OpenOptions {
  readonly url: string
  /** Default `song`. */
  readonly name?: string
  readonly token?: string
}

interface WorkerJob extends OpenOptions {
  readonly label: string
  readonly edits: number
  /** Take what tabs know of each other by away first. */
  readonly alone: boolean
}

interface WorkerAnswer {
  readonly text: string
  readonly content: readonly string[]
  readonly pending: PendingCount
  readonly hasDocument: boolean
}

export interface Facts {
  readonly kind: string
  readonly text: string
  readonly pending: PendingCount
  readonly trouble: string | null
  readonly isLoaded: boolean
}

interface App {
  open(options: OpenOptions): void
  /** Entries `label-0`, `label-1`, …, each in a task of its own as keystrokes are; `size` pads them with noise. */
  write(label: string, edits: number, size?: number): Promise<void>
  /** The same, telling `stored` with how many of them `whenStored()` resolved for; it waits for that after each `burst`. */
  writeStored(label: string, edits: number, burst: number): Promise<void>
  content(name?: string): string[]
  /** What a person sees: the entries, as the page shows them. */
  shown(): string[]
  facts(name?: string): Facts
  flush(): Promise<void>
  whenStored(): Promise<void>
  overall(): Promise<PendingCount>
  /** Own rows on the device, the edits in them, and the entries in rows of what came from the server. */
  rows(): Promise<{ own: number; edits: number; copied: string[] }>
  deleteDatabase(): Promise<void>
  undoRefused(): Promise<void>
  branches(): Promise<{ reason: string; content: string[] }[]>
  attempts(): { tokens: number; sockets: number }
  inWorker(job: WorkerJob): Promise<WorkerAnswer>
  inServiceWorker(job: WorkerJob): Promise<WorkerAnswer>
}

const providers = new Map<string, Provider>()
const refusals: Refusal[] = []
const counts = { tokens: 0, sockets: 0 }
const { port1: near, port2: far } = new MessageChannel()

class CountedSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols)
    counts.sockets++
  }
}
globalThis.WebSocket = CountedSocket

function tell(event: string, value: number | string): void {
  const { told } = globalThis as { told?: Window['told'] }
  told?.(event, value)
}

/** A turn of the event loop that no timer slows down. */
function nextTask(): Promise<void> {
  return new Promise(resolve => {
    near.onmessage = () => resolve()
    far.postMessage(null)
  })
}

function of(name = 'song'): Provider {
  const provider = providers.get(name)
  if (provider === undefined) throw new Error(`${name} is not open`)
  return provider
}

const listOf = (doc: Y.Doc): Y.Array<string> => doc.getArray<string>('list')

/** The entries without their noise. */
const entriesOf = (doc: Y.Doc): string[] => listOf(doc).map(entry => entry.split(' ')[0] as string)

/** Before the update in a row: checksum and format. */
const rowHeadBytes = 5

function entriesInUpdate(update: Uint8Array): string[] {
  return Y.decodeUpdate(update).structs.flatMap(struct => {
    const content = 'content' in struct ? struct.content : null
    return content instanceof Y.ContentAny ? content.arr.map(entry => String(entry).split(' ')[0] as string) : []
  })
}

/** What an editor binding does: shows a document, change by change, until there is another one. */
function bind(doc: Y.Doc): void {
  const insert = (at: number, entries: readonly string[]) => {
    const lines = entries.map(entry => {
      const line = document.createElement('p')
      line.textContent = entry.split(' ')[0] as string
      return line
    })
    const next = document.body.children[at]
    if (next === undefined) document.body.append(...lines)
    else next.before(...lines)
  }
  const list = listOf(doc)
  document.body.replaceChildren()
  insert(0, list.toArray())
  list.observe(({ changes }) => {
    let at = 0
    for (const { retain = 0, delete: gone = 0, insert: come = [] } of changes.delta) {
      at += retain
      for (let i = 0; i < gone; i++) document.body.children[at]?.remove()
      insert(at, come as string[])
      at += come.length
    }
  })
}

/** Text that no store can squeeze. */
function noise(size: number): string {
  let text = ''
  while (text.length < size) text += Math.random().toString(36).slice(2)
  return text.slice(0, size)
}

function opened<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('refused'))
  })
}

function askOver(post: (message: WorkerJob, ports: MessagePort[]) => void, job: WorkerJob): Promise<WorkerAnswer> {
  const channel = new MessageChannel()
  return new Promise((resolve, reject) => {
    channel.port1.onmessage = ({ data }: MessageEvent<WorkerAnswer | string>) =>
      typeof data === 'string' ? reject(new Error(data)) : resolve(data)
    post(job, [channel.port2])
  })
}

const app: App = {
  open({ url, name = 'song', token = '' }) {
    const provider = new Provider(url, name, new Y.Doc(), {
      maxBackoffTime: 300,
      token: async () => {
        counts.tokens++
        return token
      },
    })
    providers.set(name, provider)
    provider.on('saving-state', state => tell('saving', savingText(state)))
    provider.on('permission', scope => tell('permission', scope))
    provider.on('refused', refusal => {
      refusals.push(refusal)
      tell('refused', refusal.code)
    })
    if (!('document' in globalThis) || name !== 'song') return
    bind(provider.doc)
    provider.on('reload', doc => {
      bind(doc)
      tell('reload', 1)
    })
  },

  async write(label, edits, size = 8) {
    for (let i = 0; i < edits; i++) {
      listOf(of().doc).push([`${label}-${i} ${noise(size)}`])
      await nextTask()
    }
  },

  async writeStored(label, edits, burst) {
    const list = listOf(of().doc)
    for (let i = 1; i <= edits; i++) {
      list.push([`${label}-${i - 1} ${noise(8)}`])
      const stored = of()
        .whenStored()
        .then(() => tell('stored', i))
      if (i % burst === 0) await stored
      else await nextTask()
    }
  },

  content: name => entriesOf(of(name).doc),
  shown: () => [...document.body.children].map(({ textContent }) => textContent ?? ''),
  facts(name) {
    const { saving, pending, trouble, isLoaded } = of(name)
    return { kind: saving.kind, text: savingText(saving), pending, trouble, isLoaded }
  },
  flush: () => of().flush(),
  whenStored: () => of().whenStored(),
  overall: () => pendingOverall(),

  async rows() {
    const database = await opened(indexedDB.open('tutti'))
    const store = database.transaction('rows').objectStore('rows')
    const [keys, values] = await Promise.all([opened(store.getAllKeys()), opened(store.getAll())])
    database.close()
    const own = (keys as unknown[][]).filter(key => key.length === 7)
    const edits = own.reduce((sum, key) => sum + Number(key[5]), 0)
    const copies = (values as Uint8Array[]).filter((_, i) => (keys[i] as unknown[]).length === 2)
    return { own: own.length, edits, copied: copies.flatMap(row => entriesInUpdate(row.subarray(rowHeadBytes))) }
  },

  async deleteDatabase() {
    await opened(indexedDB.deleteDatabase('tutti'))
  },

  async undoRefused() {
    await refusals.shift()?.undo()
  },

  async branches() {
    const branches = await of().localLog.branches()
    return branches.map(({ reason, bytes }) => {
      const doc = new Y.Doc()
      Y.applyUpdate(doc, bytes)
      return { reason, content: entriesOf(doc) }
    })
  },

  attempts: () => ({ ...counts }),

  inWorker(job) {
    const worker = new Worker('/page.js', { type: 'module' })
    return askOver((message, ports) => worker.postMessage(message, ports), job).finally(() => worker.terminate())
  },

  async inServiceWorker(job) {
    await navigator.serviceWorker.register('/page.js', { type: 'module' })
    const { active } = await navigator.serviceWorker.ready
    return await askOver((message, ports) => active?.postMessage(message, ports), job)
  },
}

/** Opens a document, edits it, and leaves when the server has all of it. */
async function work(job: WorkerJob): Promise<WorkerAnswer> {
  if (job.alone) {
    Reflect.deleteProperty(globalThis, 'BroadcastChannel')
    Reflect.deleteProperty(Object.getPrototypeOf(navigator) as object, 'locks')
  }
  app.open(job)
  await of(job.name).whenLoaded
  await app.write(job.label, job.edits)
  await app.flush()
  const { text, pending } = app.facts()
  const answer = { text, pending, content: app.content(), hasDocument: 'document' in globalThis }
  await of(job.name).close()
  return answer
}

if ('document' in globalThis) Object.assign(window, { app })
else {
  globalThis.addEventListener('message', (event: MessageEvent<WorkerJob>) => {
    const answer = (async () => {
      event.ports[0]?.postMessage(await work(event.data).catch(String))
    })()
    ;(event as { waitUntil?: (until: Promise<unknown>) => void }).waitUntil?.(answer)
  })
}
