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

function tab(host: TabHost | null, name: string, more: { name?: string; doc?: DocName } = {}): Tab {
  return new Tab({ host, name: 'x', doc: song, session: session(name), ...more })
}

/** Notes what a tab hears. */
function listen(tab: Tab, call: (what: string) => void): void {
  tab.listener = {
    edited: bytes => call(`edit ${bytes[0]}`),
    rewritten: () => call('log'),
    leadershipChanged: () => call(`leads ${tab.isLeader}`),
  }
}

describe('tabs of one device', () => {
  it('[TAB1] one of the tabs that have a document open leads; when it leaves, the next one does', async () => {
    const host = origin()
    const tabs = ['a', 'b', 'c'].map(name => tab(host, name))
    const changes: string[] = []
    for (const [i, each] of tabs.entries()) listen(each, what => changes.push(`${i} ${what}`))
    await turn()
    expect(tabs.map(each => each.isLeader)).toEqual([true, false, false])
    tabs[1]?.close()
    tabs[0]?.close()
    await turn()
    expect(tabs.map(each => each.isLeader)).toEqual([false, false, true])
    expect(changes).toEqual(['0 leads true', '2 leads true'])
  })

  it('[TAB1] each document and each database has a leader of its own', async () => {
    const host = origin()
    const other = 'other' as DocName
    const tabs = [tab(host, 'a'), tab(host, 'b', { doc: other }), tab(host, 'c', { name: 'y' })]
    await turn()
    expect(tabs.map(each => each.isLeader)).toEqual([true, true, true])
  })

  it('[TAB2] what a tab tells reaches every other tab once, and is not passed on', async () => {
    const host = origin()
    const tabs = ['a', 'b', 'c', 'd'].map(name => tab(host, name))
    const stranger = tab(host, 'e', { doc: 'other' as DocName })
    await turn()
    const heard: string[] = []
    for (const [i, each] of [...tabs, stranger].entries()) listen(each, what => heard.push(`${i} ${what}`))
    tabs[0]?.tellEdit(Uint8Array.of(7), true)
    tabs[2]?.tellRewritten()
    tabs[3]?.close()
    tabs[1]?.tellEdit(Uint8Array.of(9), true)
    tabs[3]?.tellEdit(Uint8Array.of(10), true)
    expect(heard.sort()).toEqual([
      '0 edit 9',
      '0 log',
      '1 edit 7',
      '1 log',
      '2 edit 7',
      '2 edit 9',
      '3 edit 7',
      '3 log',
    ])
  })

  it('[TAB2] a tab that does not talk tells nothing and hears nothing', () => {
    const host = origin()
    const [one, two] = [tab(host, 'a'), tab(host, 'b')]
    const heard: string[] = []
    for (const each of [one, two]) listen(each, what => heard.push(what))
    two.isTalking = false
    one.tellEdit(Uint8Array.of(1), true)
    two.tellEdit(Uint8Array.of(2), true)
    two.isTalking = true
    one.tellEdit(Uint8Array.of(3), true)
    expect(heard).toEqual(['edit 3'])
  })

  it('[TAB2] what another version of the app tells is passed over', () => {
    const host = origin()
    const heard: string[] = []
    listen(tab(host, 'a'), what => heard.push(what))
    const other = host.openChannel('tutti:x:document:song')
    for (const data of [null, 'hi', { topic: 'dance', bytes: new Uint8Array(1) }, { topic: 'edit', bytes: [1] }]) {
      other.postMessage(data)
    }
    expect(heard).toEqual([])
  })

  it('[TAB3] a session is alive until its tab ends, however many ask at once', async () => {
    const host = origin()
    const a = tab(host, 'a')
    const others = ['b', 'c', 'd'].map(name => tab(host, name))
    await Promise.all([a, ...others].map(each => each.ready))
    const ask = (name: string) => Promise.all(others.map(each => each.isAlive(session(name))))
    expect(await ask('a')).toEqual([true, true, true])
    expect(await ask('nobody')).toEqual([false, false, false])
    expect(await a.isAlive(session('a'))).toBe(true)
    a.close()
    await turn()
    expect(await ask('a')).toEqual([false, false, false])
  })

  it('[TAB4] without locks or channels a tab is alone and leads', async () => {
    const alone = tab(null, 'a')
    await alone.ready
    expect(alone.isLeader).toBe(true)
    expect(await alone.isAlive(session('a'))).toBe(true)
    expect(await alone.isAlive(session('b'))).toBe(false)
    alone.tellEdit(Uint8Array.of(1), true)
    alone.close()
    expect(alone.isLeader).toBe(false)
    const { navigator } = globalThis
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
    expect(tabHost()).toBe(null)
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true })
  })

  it('[TAB4] where the browser refuses locks a tab leads', async () => {
    const host = origin()
    const locks = { request: () => Promise.reject(new DOMException('', 'SecurityError')) } as unknown as LockManager
    const refused = tab({ ...host, locks }, 'a')
    await turn()
    expect(refused.isLeader).toBe(true)
  })
})
