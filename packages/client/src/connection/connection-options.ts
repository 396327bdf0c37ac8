import type { Env, Millis } from '@tutti/core'
import type { WebSocketClass } from '../socket/socket.ts'

/** A token, or where to get one: asked anew for every attempt to connect. It travels inside the connection, never in a URL. */
export type Token = string | (() => string | Promise<string>)

export interface ConnectionOptions {
  /** `ws:`, `wss:`, `http:` or `https:`. Documents are not part of it. */
  readonly url: string
  readonly token?: Token | undefined
  /** Put into the URL's query, read anew at every attempt. */
  readonly params?: Readonly<Record<string, string>> | undefined
  /** Asked for besides our own. */
  readonly protocols?: readonly string[] | undefined
  /** Where there is no global `WebSocket` (Node 20): the class of the `ws` package. */
  readonly WebSocketPolyfill?: WebSocketClass | undefined
  /** The longest wait between two attempts. Default 10 s. */
  readonly maxBackoffTime?: Millis | undefined
  /** This device's id, stable over restarts. Default: a new one. */
  readonly device?: (() => Promise<string>) | undefined
  /** Time and chance. Default: the real ones. */
  readonly env?: Env | undefined
}

/** The address to connect to: documents travel inside, so every document of a server has the same. */
export function socketUrl(options: ConnectionOptions): string {
  const base = options.url.replace(/^http/i, 'ws').replace(/\/+$/, '')
  const query = new URLSearchParams(options.params).toString()
  return `${base}/${query === '' ? '' : `?${query}`}`
}
