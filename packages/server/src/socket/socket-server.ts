import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { beatMs, type ErrorCode, type Millis, parseDocName, silenceMs } from '@tutti/core'
import { NativeSession } from '../session/native-session.ts'
import type { Session, SessionContext } from '../session/session.ts'
import { StockSession } from '../session/stock-session.ts'
import { Connection } from './connection.ts'
import { shakeHands } from './handshake.ts'
import { mayConnectFrom } from './origin.ts'
import { WsPeer } from './ws-peer.ts'

/** How often connections are looked over for silence. */
const sweepMs: Millis = 5_000

export interface SocketServerOptions {
  readonly context: SessionContext
  /** Origins (`https://app.example`) that may connect besides the server's own and loopback. */
  readonly origins: readonly string[]
  /** Connections at once; more are told to come back later. */
  readonly maxConnections: number
}

/** All WebSocket connections: upgrade, liveness, and their end. */
export class SocketServer {
  readonly #options: SocketServerOptions
  readonly #connections = new Set<Connection>()
  /** Sockets of this turn whose first words still wait, to leave together. */
  #corked: Duplex[] = []
  #cancelSweep: () => void
  #isDraining = false

  constructor(options: SocketServerOptions) {
    this.#options = options
    this.#cancelSweep = this.#sweepLater()
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Takes over an HTTP upgrade request. Refusals come after the upgrade: a browser cannot see an earlier one. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Before anything else: an error without a listener would end the process.
    socket.on('error', destroy)
    const { isAccepted, isNative, answer } = shakeHands(request)
    if (!isAccepted) return void socket.end(answer)
    this.#cork(socket)
    socket.write(answer)
    const peer = new WsPeer(socket, this.#options.context.env)
    this.#listen(socket, head, peer, this.#greet(peer, request, isNative))
  }

  /** The session of a new connection, or `null` for one that may not stay. */
  #greet(peer: WsPeer, request: IncomingMessage, isNative: boolean): Session | null {
    const { context, maxConnections, origins } = this.#options
    const refuse = (code: ErrorCode, message: string) => {
      peer.close(code, message)
      return null
    }
    if (this.#isDraining) return refuse('draining', 'the server restarts')
    if (this.#connections.size >= maxConnections) return refuse('too-many', 'the server is full')
    if (!mayConnectFrom(request, origins)) return refuse('forbidden', 'this origin may not connect')
    if (isNative) return new NativeSession(context, peer)
    return stockSession(request, context, peer) ?? refuse('bad-name', 'the path does not name a document')
  }

  // Apart from `upgrade`, so that no listener keeps the request and its headers alive: 5 KB a connection.
  #listen(socket: Duplex, head: Buffer, peer: WsPeer, session: Session | null): void {
    const connection = new Connection(peer, session, this.#options.context.env.clock)
    if (session !== null) this.#connections.add(connection)
    connection.listen(socket, () => {
      this.#connections.delete(connection)
      session?.ended()
    })
    if (head.length > 0) connection.read(head)
  }

  /** The answer to the upgrade and what a session says at once are one packet: half of what a join costs is writing. */
  #cork(socket: Duplex): void {
    socket.cork()
    if (this.#corked.push(socket) > 1) return
    this.#options.context.env.timers.soon(() => {
      for (const corked of this.#corked.splice(0)) corked.uncork()
    })
  }

  /** Tells everybody to come back after `afterMs` and a random part of `jitterMs`, and lets nobody in. */
  drain(afterMs: Millis, jitterMs: Millis): void {
    this.#isDraining = true
    for (const { session } of Array.from(this.#connections)) session?.drain(afterMs, jitterMs)
  }

  close(): void {
    this.#isDraining = true
    this.#cancelSweep()
    for (const { peer } of this.#connections) peer.terminate()
  }

  #sweepLater(): () => void {
    return this.#options.context.env.timers.after(sweepMs, () => {
      this.#sweep()
      this.#cancelSweep = this.#sweepLater()
    })
  }

  #sweep(): void {
    const now = this.#options.context.env.clock.ticks()
    for (const { peer, session } of this.#connections) {
      const silence = now - peer.heardTicks
      if (silence > silenceMs) peer.terminate()
      else {
        if (silence > silenceMs / 2) peer.ping()
        if (now - peer.saidTicks > beatMs - sweepMs) session?.beat()
      }
    }
  }
}

/** The path of the URL, percent-decoded, names the document; stock clients bring a token as `?token=`. */
function stockSession(request: IncomingMessage, context: SessionContext, peer: WsPeer): Session | null {
  const url = request.url ?? '/'
  const question = url.indexOf('?')
  const path = (question < 0 ? url : url.slice(0, question)).replace(/^\/+/, '')
  const query = new URLSearchParams(question < 0 ? '' : url.slice(question))
  let text: string
  try {
    text = decodeURIComponent(path)
  } catch {
    return null
  }
  const doc = parseDocName(text)
  return doc.ok ? new StockSession(context, peer, doc.value, query.get('token') ?? '') : null
}

function destroy(this: Duplex): void {
  this.destroy()
}
