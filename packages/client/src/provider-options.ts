import type { Env } from '@tutti/core'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import type { Connection } from './connection/connection.ts'
import type { ConnectionOptions, Token } from './connection/connection-options.ts'
import type { LocalLog } from './persistence/local-log.ts'
import type { WebSocketClass } from './socket/socket.ts'

/** Everything has a default. Names are those of y-websocket and Hocuspocus where they have one. */
export interface ProviderOptions {
  /** Connect at once. Default true; with false, `connect()` does. */
  readonly connect?: boolean
  /** Default: a new one. Destroyed together with the provider only if it made it. */
  readonly awareness?: Awareness
  /** A token, or a function asked anew for every attempt. It is never part of a URL. */
  readonly token?: Token
  /** Put into the URL's query at every attempt; changes are seen. */
  readonly params?: Record<string, string>
  /** WebSocket subprotocols to ask for besides our own. */
  readonly protocols?: readonly string[]
  /** Where there is no global `WebSocket` (Node 20): the class of `ws`. */
  readonly WebSocketPolyfill?: WebSocketClass
  /** The longest wait between two attempts in ms. Default 10,000. */
  readonly maxBackoffTime?: number
  /** A connection made by the app. Default: one that is shared by all documents of a server. */
  readonly connection?: Connection

  /** Keep a copy on this device. Default true. */
  readonly persist?: boolean
  /** Where to keep it. Default: `deviceLog()`. */
  readonly localLog?: LocalLog
  /** Ask before the page closes while something is neither on this device nor at the server. Default true. */
  readonly warnOnClose?: boolean
  /** Larger goes first when documents are opened and uploaded. Default 0. */
  readonly priority?: number
  /** Writes initial content. Called only when the document is found empty here and on the server; taken only if it still is. */
  readonly seed?: (doc: Y.Doc) => void

  /** Taken for the sake of y-websocket: a server that speaks our dialect needs no periodic resync. */
  readonly resyncInterval?: number
  /** Taken for the sake of y-websocket: with true, this tab tells the others nothing. */
  readonly disableBc?: boolean
  /** Time and chance. Default: the real ones. */
  readonly env?: Env
}

/** The form known from Hocuspocus. */
export interface ProviderConfiguration extends ProviderOptions {
  /** Address of the server. */
  readonly url: string
  /** Name of the document. */
  readonly name: string
  /** Default: a new one. */
  readonly document?: Y.Doc
}

export function connectionOptions(
  url: string,
  options: ProviderOptions,
  device: () => Promise<string>,
): ConnectionOptions {
  const { token, params, protocols, WebSocketPolyfill, maxBackoffTime, env } = options
  return { url, token, params, protocols, WebSocketPolyfill, maxBackoffTime, env, device }
}
