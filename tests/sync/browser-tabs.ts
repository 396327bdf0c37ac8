import type { Timers } from '@tutti/core'
import { onTestFinished, vi } from 'vitest'

type Granted = (lock: unknown) => Promise<unknown>

interface Request {
  readonly mode: string
  readonly run: () => void
}

/** Locks as a browser gives them to the tabs of one origin. */
class Locks {
  readonly #held = new Map<string, Set<Request>>()
  readonly #waiting = new Map<string, Request[]>()

  request(
    name: string,
    options: { mode?: string; ifAvailable?: boolean; signal?: AbortSignal },
    granted: Granted,
  ): Promise<unknown> {
    const { mode = 'exclusive', ifAvailable = false, signal } = options
    return new Promise((resolve, reject) => {
      const request: Request = {
        mode,
        run: () => {
          const held = this.#held.get(name) ?? new Set()
          this.#held.set(name, held.add(request))
          void granted({ name, mode }).then(value => {
            held.delete(request)
            this.#next(name)
            resolve(value)
          }, reject)
        },
      }
      if (this.#isFree(name, mode) && (this.#waiting.get(name)?.length ?? 0) === 0) return request.run()
      if (ifAvailable) return void granted(null).then(resolve, reject)
      const waiting = this.#waiting.get(name) ?? []
      this.#waiting.set(name, waiting)
      waiting.push(request)
      signal?.addEventListener('abort', () => {
        const at = waiting.indexOf(request)
        if (at < 0) return
        waiting.splice(at, 1)
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

/** Gives this process what a browser has for tabs: providers that share a device log are tabs of one another. */
export function beTabs(timers: Timers): void {
  const channels = new Map<string, Set<Channel>>()
  class Channel extends EventTarget {
    readonly #name: string
    constructor(name: string) {
      super()
      this.#name = name
      channels.set(name, (channels.get(name) ?? new Set()).add(this))
    }
    postMessage(data: unknown): void {
      const copy = structuredClone(data)
      for (const other of channels.get(this.#name) ?? []) {
        if (other !== this) timers.soon(() => other.dispatchEvent(new MessageEvent('message', { data: copy })))
      }
    }
    close(): void {
      channels.get(this.#name)?.delete(this)
    }
  }
  vi.stubGlobal('navigator', { locks: new Locks() })
  vi.stubGlobal('BroadcastChannel', Channel)
  onTestFinished(() => {
    vi.unstubAllGlobals()
  })
}
