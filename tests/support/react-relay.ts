import './node-bytes.ts'
import { join } from 'node:path'
import type { ServerOptions } from '@tutti/client/react'
import { createServer } from '@tutti/server'
import { vi } from 'vitest'
import { WebSocket } from 'ws'
import { openTempDir } from './temp-dir.ts'

/** A relay for components, and the options that lead to it and count what is opened. */
export interface ReactRelay {
  readonly url: string
  readonly options: ServerOptions
  /** Connections that were begun so far. */
  opened(): number
  /** Connections that are there now. */
  open(): number
  /** The relay is away for a while. */
  cut(): void
  close(): Promise<void>
}

export async function openReactRelay(): Promise<ReactRelay> {
  const folder = await openTempDir('react')
  const server = await createServer({ port: 0, data: join(folder.path, 'store'), logLevel: 'silent' })
  const sockets: WebSocket[] = []
  class CountedSocket extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args)
      sockets.push(this)
    }
  }
  return {
    url: server.url.replace('http', 'ws'),
    options: { WebSocketPolyfill: CountedSocket, persist: false, warnOnClose: false },
    opened: () => sockets.length,
    open: () => sockets.filter(socket => socket.readyState <= WebSocket.OPEN).length,
    cut: () => {
      for (const socket of sockets) socket.terminate()
    },
    close: async () => {
      await server.close()
      await folder.remove()
    },
  }
}

/** Resolves when `check` no longer throws, outside of React: however busy the machine is. */
export function eventually<T>(check: () => T): Promise<T> {
  return vi.waitFor(check, { timeout: 10_000, interval: 10 })
}
