import type { Timers } from '@tutti/core'
import type { TabHost } from '../tabs/tab-host.ts'

type Granted = (lock: unknown) => Promise<unknown>

interface LockRequest {
  readonly owner: object
  readonly mode: string
  readonly run: () => void
}

/** What a browser has for the tabs of one origin: locks and channels. Each tab gets its own view of it. */
export class SimulatedTabs {
  readonly #held = new Map<string, Set<LockRequest>>()
  readonly #waiting = new Map<string, LockRequest[]>()
  readonly #channels = new Map<string, Set<SimulatedChannel>>()

  /** What the tab `owner` sees; `timers` are its own. */
  hostFor(owner: object, timers: Timers): TabHost & { readonly Channel: typeof BroadcastChannel } {
    const channels = this.#channels
    const Channel = class extends SimulatedChannel {
      constructor(name: string) {
        super(channels, name, owner, timers)
      }
    } as unknown as typeof BroadcastChannel
    const request: Request = (name, options, granted) => this.#request(owner, timers, name, options, granted)
    return { locks: { request } as unknown as LockManager, openChannel: name => new Channel(name), Channel }
  }

  /** The tab is gone: its locks go to the next, and it says and hears nothing any more. */
  crash(owner: object): void {
    for (const channels of this.#channels.values()) {
      for (const channel of channels) if (channel.owner === owner) channels.delete(channel)
    }
    for (const [name, waiting] of this.#waiting) {
      this.#waiting.set(
        name,
        waiting.filter(request => request.owner !== owner),
      )
    }
    for (const [name, held] of this.#held) {
      for (const request of held) if (request.owner === owner) held.delete(request)
      this.#next(name)
    }
  }

  #request(owner: object, timers: Timers, name: string, options: LockOptions, granted: Granted): Promise<unknown> {
    const { mode = 'exclusive', ifAvailable = false, signal } = options
    return new Promise((resolve, reject) => {
      const request: LockRequest = {
        owner,
        mode,
        run: () => {
          const held = this.#held.get(name) ?? new Set()
          this.#held.set(name, held.add(request))
          timers.soon(() => {
            void granted({ name, mode }).then(value => {
              held.delete(request)
              this.#next(name)
              resolve(value)
            }, reject)
          })
        },
      }
      if (this.#isFree(name, mode) && (this.#waiting.get(name)?.length ?? 0) === 0) return request.run()
      if (ifAvailable) return timers.soon(() => void granted(null).then(resolve, reject))
      const waiting = this.#waiting.get(name) ?? []
      this.#waiting.set(name, waiting)
      waiting.push(request)
      signal?.addEventListener('abort', () => {
        const now = this.#waiting.get(name) ?? []
        const at = now.indexOf(request)
        if (at < 0) return
        now.splice(at, 1)
        reject(new DOMException('', 'AbortError'))
      })
    })
  }

  #isFree(name: string, mode: string): boolean {
    const held = [...(this.#held.get(name) ?? [])]
    return held.length === 0 || (mode === 'shared' && held.every(one => one.mode === 'shared'))
  }

  #next(name: string): void {
    const waiting = this.#waiting.get(name) ?? []
    while (waiting[0] !== undefined && this.#isFree(name, waiting[0].mode)) waiting.shift()?.run()
  }
}

type LockOptions = { mode?: string; ifAvailable?: boolean; signal?: AbortSignal }
type Request = (name: string, options: LockOptions, granted: Granted) => Promise<unknown>

type Listener = (event: { readonly data: unknown }) => void

/** As much of a BroadcastChannel as is used of it; the host's own events take longer than what they tell. */
class SimulatedChannel {
  readonly owner: object
  readonly #name: string
  readonly #timers: Timers
  readonly #all: Map<string, Set<SimulatedChannel>>
  readonly #listeners: Listener[] = []

  constructor(all: Map<string, Set<SimulatedChannel>>, name: string, owner: object, timers: Timers) {
    this.#all = all
    this.#name = name
    this.#timers = timers
    this.owner = owner
    all.set(name, (all.get(name) ?? new Set()).add(this))
  }

  addEventListener(_type: 'message', listener: Listener): void {
    this.#listeners.push(listener)
  }

  postMessage(data: unknown): void {
    const copy = structuredClone(data)
    for (const other of this.#all.get(this.#name) ?? []) if (other !== this) other.hear(copy)
  }

  hear(data: unknown): void {
    this.#timers.soon(() => {
      if (this.#all.get(this.#name)?.has(this)) for (const listener of this.#listeners) listener({ data })
    })
  }

  close(): void {
    this.#all.get(this.#name)?.delete(this)
  }
}

/** Gives this process what a browser has, until the returned call takes it away: providers made meanwhile are tabs of it. */
export function beBrowser(host: {
  readonly locks: LockManager
  readonly Channel: typeof BroadcastChannel
}): () => void {
  const global = globalThis as { navigator?: unknown; BroadcastChannel?: unknown }
  const before = {
    navigator: Object.getOwnPropertyDescriptor(global, 'navigator'),
    BroadcastChannel: Object.getOwnPropertyDescriptor(global, 'BroadcastChannel'),
  }
  const define = (name: keyof typeof before, value: unknown) =>
    Object.defineProperty(global, name, { value, configurable: true, writable: true })
  define('navigator', { locks: host.locks })
  define('BroadcastChannel', host.Channel)
  return () => {
    for (const [name, descriptor] of Object.entries(before)) {
      if (descriptor === undefined) delete global[name as keyof typeof before]
      else Object.defineProperty(global, name, descriptor)
    }
  }
}
