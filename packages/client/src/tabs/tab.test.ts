import type { DocName, SessionId } from '@tutti/core'
import { describe, expect, it } from 'vitest'
import { Tab } from './tab.ts'
import { type TabHost, tabHost } from './tab-host.ts'

const song = 'song' as DocName
const session = (name: string) => name as SessionId

/** One origin: locks and channels in their simplest form, delivered in microtasks. */
function origin(): TabHost {
  const queues = new Map<string, { mode: string; grant: (() => void) | null }[]>()
  const pump = (name: string) => {
    const queue = queues.get(name) ?? []
    for (const [i, waiting] of queue.entries()) {
      if (i > 0 && (waiting.mode === 'exclusive' || queue[0]?.mode === 'exclusive')) return
      waiting.grant?.()
      waiting.grant = null
    }
  }
  type Work = (lock: object | null) => Promise<unknown>
  type Asked = { mode?: string; ifAvailable?: boolean; signal?: AbortSignal }
  const request = async (name: string, { mode = 'exclusive', ifAvailable, signal }: Asked, work: Work) => {
    const queue = queues.get(name) ?? []
    queues.set(name, queue)
    if (ifAvailable === true && queue.some(each => each.mode === 'exclusive' || mode === 'exclusive')) return work(null)
    const entry: { mode: string; grant: (() => void) | null } = { mode, grant: null }
    queue.push(entry)
    const leave = () => {
      queue.splice(queue.indexOf(entry), 1)
      pump(name)
    }
    await new Promise<void>((resolve, reject) => {
      entry.grant = resolve
      signal?.addEventListener('abort', () => {
        if (entry.grant === null) return
        leave()
        reject(new DOMException('', 'AbortError'))
      })
      pump(name)
    })
    try {
      return await work({})
    } finally {
      leave()
    }
  }
  const channels = new Map<string, Set<EventTarget>>()
  const openChannel = (name: string) => {
    const target = new EventTarget()
    const all = channels.get(name) ?? new Set()
    channels.set(name, all.add(target))
    const postMessage = (data: unknown) => {
      const copy = structuredClone(data)
      for (const each of all) if (each !== target) each.dispatchEvent(new MessageEvent('message', { data: copy }))
    }
    return Object.assign(target, { postMessage, close: () => void all.delete(target) }) as unknown as BroadcastChannel
  }
  return { locks: { request } as unknown as LockManager, openChannel }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('tabs of one device', () => {
  it('[TAB1] one of the tabs that have a document open leads; when it leaves, the next one does', async () => {
    const host = origin()
    const links = ['a', 'b', 'c'].map(name => new Tab({ host, name: 'x', session: session(name) }).link(song))
    const changes: string[] = []
    for (const [i, link] of links.entries()) link.onChange(() => changes.push(`${i} ${link.isLeader}`))
    await turn()
    expect(links.map(link => link.isLeader)).toEqual([true, false, false])
    links[1]?.close()
    links[0]?.close()
    await turn()
    expect(links.map(link => link.isLeader)).toEqual([false, false, true])
    expect(changes).toEqual(['0 true', '2 true'])
  })

  it('[TAB1] each document and each database has a leader of its own', async () => {
    const host = origin()
    const one = new Tab({ host, name: 'x', session: session('a') })
    const two = new Tab({ host, name: 'x', session: session('b') })
    const links = [one.link(song), two.link('other' as DocName)]
    const elsewhere = new Tab({ host, name: 'y', session: session('c') }).link(song)
    await turn()
    expect([...links, elsewhere].map(link => link.isLeader)).toEqual([true, true, true])
  })

  it('[TAB2] what a tab tells reaches every other tab once, and is not passed on', async () => {
    const host = origin()
    const links = ['a', 'b', 'c', 'd'].map(name => new Tab({ host, name: 'x', session: session(name) }).link(song))
    const stranger = new Tab({ host, name: 'x', session: session('e') }).link('other' as DocName)
    const heard: string[] = []
    for (const [i, link] of [...links, stranger].entries()) {
      link.onEdit(bytes => heard.push(`${i} ${bytes[0]}`))
      link.on('presence', bytes => heard.push(`${i} presence ${bytes[0]}`))
    }
    links[0]?.publish(Uint8Array.of(7))
    links[2]?.post('presence', Uint8Array.of(8))
    links[3]?.close()
    links[1]?.publish(Uint8Array.of(9))
    links[3]?.publish(Uint8Array.of(10))
    await turn()
    expect(heard.sort()).toEqual(['0 9', '0 presence 8', '1 7', '1 presence 8', '2 7', '2 9', '3 7', '3 presence 8'])
  })

  it('[TAB2] what another version of the app tells is passed over', async () => {
    const host = origin()
    const link = new Tab({ host, name: 'x', session: session('a') }).link(song)
    const heard: Uint8Array[] = []
    link.onEdit(bytes => heard.push(bytes))
    const other = host.openChannel('tutti:x:document:song')
    for (const data of [null, 'hi', { topic: 'dance', bytes: new Uint8Array(1) }, { topic: 'edit', bytes: [1] }]) {
      other.postMessage(data)
    }
    expect(heard).toEqual([])
  })

  it('[TAB3] a session is alive until its tab ends, however many ask at once', async () => {
    const host = origin()
    const a = new Tab({ host, name: 'x', session: session('a') })
    const others = ['b', 'c', 'd'].map(name => new Tab({ host, name: 'x', session: session(name) }))
    await Promise.all([a, ...others].map(tab => tab.ready))
    const ask = (name: string) => Promise.all(others.map(tab => tab.isAlive(session(name))))
    expect(await ask('a')).toEqual([true, true, true])
    expect(await ask('nobody')).toEqual([false, false, false])
    expect(await a.isAlive(session('a'))).toBe(true)
    a.close()
    await turn()
    expect(await ask('a')).toEqual([false, false, false])
  })

  it('[TAB4] without locks or channels a tab is alone and leads', async () => {
    const tab = new Tab({ host: null, name: 'x', session: session('a') })
    await tab.ready
    const link = tab.link(song)
    expect(link.isLeader).toBe(true)
    expect(await tab.isAlive(session('a'))).toBe(true)
    expect(await link.isAlive(session('b'))).toBe(false)
    link.publish(Uint8Array.of(1))
    tab.close()
    expect(link.isLeader).toBe(false)
    const { navigator } = globalThis
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
    expect(tabHost()).toBe(null)
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true })
  })

  it('[TAB4] where the browser refuses locks a tab leads', async () => {
    const host = origin()
    const locks = { request: () => Promise.reject(new DOMException('', 'SecurityError')) } as unknown as LockManager
    const link = new Tab({ host: { ...host, locks }, name: 'x', session: session('a') }).link(song)
    await turn()
    expect(link.isLeader).toBe(true)
  })
})
