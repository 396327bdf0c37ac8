import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  beatMs,
  type ErrorCode,
  errorReports,
  type Millis,
  parseDocName,
  protocolLimits,
  silenceMs,
  subprotocol,
} from '@tutti/core'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { NativeSession } from '../session/native-session.ts'
import type { Session, SessionContext, SessionFacts } from '../session/session.ts'
import { StockSession } from '../session/stock-session.ts'
import { AddressLimit } from './address-limit.ts'
import { clientAddress } from './client-address.ts'
import { mayConnectFrom, type OriginRules } from './origin.ts'
import { WsPeer } from './ws-peer.ts'

/** How often connections are looked over for silence. */
const sweepMs: Millis = 5_000

export interface SocketServerOptions extends OriginRules {
  readonly context: SessionContext
  /** Connections at once; more are told to come back later. */
  readonly maxConnections: number
  /** Of those, from one address that is not loopback; 0 for no limit. */
  readonly maxConnectionsPerAddress: number
  /** Proxies in front whose word about addresses is taken. */
  readonly trustedProxies: number
}

interface Connection {
  readonly peer: WsPeer
  readonly session: Session
  /** Makes room for another one from the same address. */
  readonly leave: () => void
}

/** A connection, as it is shown to whoever runs a server. */
export interface ConnectionFacts extends SessionFacts {
  /** Names it as long as it lasts; the log has the same number. */
  readonly id: string
  readonly dialect: Session['dialect']
}

/** All WebSocket connections: upgrade, liveness, and their end. */
export class SocketServer {
  readonly #options: SocketServerOptions
  readonly #connections = new Set<Connection>()
  readonly #addresses: AddressLimit
  readonly #wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: protocolLimits.maxMessageBytes,
    clientTracking: false,
    handleProtocols: offered => (offered.has(subprotocol) ? subprotocol : false),
  })
  /** Sockets whose first words wait for the end of this turn. */
  #corked: Duplex[] = []
  #cancelSweep: () => void
  #isDraining = false
  /** Of the last connection. */
  #number = 0
  readonly #ending = (peer: WsPeer, code: ErrorCode, why: string): void => {
    const { house, logger } = this.#options.context
    house.counts.refused('connection', code)
    // One line says that everybody is sent away.
    if (code === 'draining') return
    logger[errorReports[code].logLevel]({ connection: peer.number, code, why }, 'connection ended')
  }

  constructor(options: SocketServerOptions) {
    this.#options = options
    this.#addresses = new AddressLimit(options.maxConnectionsPerAddress)
    this.#cancelSweep = this.#sweepLater()
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** How many connections there are of each kind. */
  countByDialect(): Record<Session['dialect'], number> {
    const count = { native: 0, stock: 0 }
    for (const { session } of this.#connections) count[session.dialect]++
    return count
  }

  /** Every connection there is. */
  list(): readonly ConnectionFacts[] {
    return Array.from(this.#connections, ({ peer, session }) => ({
      id: String(peer.number),
      dialect: session.dialect,
      ...session.facts(),
    }))
  }

  /** Ends a connection for good; false when there is none of that id. */
  kick(id: string): boolean {
    for (const { peer, session } of this.#connections) {
      if (String(peer.number) !== id) continue
      session.end('forbidden', 'ended by an administrator')
      return true
    }
    return false
  }

  /** Takes over an HTTP upgrade request. Refusals come after the upgrade: a browser cannot see an earlier one. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Before anything else: an error without a listener would end the process.
    socket.on('error', destroy)
    this.#cork(socket)
    this.#wss.handleUpgrade(request, socket, head, ws => this.#greet(ws, socket, request))
  }

  #greet(ws: WebSocket, socket: Duplex, request: IncomingMessage): void {
    const { context } = this.#options
    const peer = new WsPeer(ws, socket, context.env, ++this.#number, this.#ending)
    ws.on('error', () => peer.broken())
    if (this.#isDraining) return peer.close('draining', 'the server restarts')
    if (this.#connections.size >= this.#options.maxConnections) return peer.close('too-many', 'the server is full')
    if (!mayConnectFrom(request, this.#options)) return peer.close('forbidden', 'this origin may not connect')
    const leave = this.#addresses.enter(clientAddress(request, this.#options.trustedProxies))
    if (leave === null) return peer.close('too-many', 'too many connections from this address')
    const session =
      ws.protocol === subprotocol ? new NativeSession(context, peer) : stockSession(request, context, peer)
    if (session === null) {
      leave()
      return peer.close('bad-name', 'the path does not name a document')
    }
    this.#listen(ws, socket, { peer, session, leave })
  }

  // Apart from `#greet`, so that no listener keeps the upgrade request and its headers alive: 5 KB a connection.
  #listen(ws: WebSocket, socket: Duplex, connection: Connection): void {
    const { peer, session } = connection
    const { clock } = this.#options.context.env
    const { house, logger } = this.#options.context
    this.#connections.add(connection)
    house.counts.connections++
    logger.debug({ connection: peer.number, dialect: session.dialect }, 'connected')
    ws.on('message', (data: RawData, isBinary: boolean) => {
      peer.heardTicks = clock.ticks()
      if (isBinary) session.receive(data as Buffer)
      else peer.close('bad-message', 'messages are binary')
    })
    ws.on('pong', () => {
      peer.heardTicks = clock.ticks()
    })
    ws.on('close', code => {
      this.#connections.delete(connection)
      connection.leave()
      logger.debug({ connection: peer.number, closeCode: code }, 'disconnected')
      session.ended()
    })
    socket.on('drain', () => session.drained())
  }

  /** The answer to the upgrade and what a session says in this turn are one packet: writing is dear where joining is cheap. */
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
    for (const { session } of Array.from(this.#connections)) session.drain(afterMs, jitterMs)
  }

  close(): void {
    this.#isDraining = true
    this.#cancelSweep()
    for (const { peer } of this.#connections) peer.terminate()
    this.#wss.close()
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
        if (now - peer.saidTicks > beatMs - sweepMs) session.beat()
      }
    }
  }
}

/** The path of the URL, percent-decoded, names the document; stock clients bring a token as `?token=`. */
function stockSession(request: IncomingMessage, context: SessionContext, peer: WsPeer): Session | null {
  const url = request.url ?? '/'
  const question = url.indexOf('?')
  const path = (question < 0 ? url : url.slice(0, question)).replace(/^\/+/, '')
  const token = question < 0 ? null : new URLSearchParams(url.slice(question)).get('token')
  let text: string
  try {
    text = decodeURIComponent(path)
  } catch {
    return null
  }
  const doc = parseDocName(text)
  return doc.ok ? new StockSession(context, peer, doc.value, token ?? '') : null
}

function destroy(this: Duplex): void {
  this.destroy()
}
