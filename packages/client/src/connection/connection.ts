import {
  beatMs,
  type Cancel,
  type ClientMessage,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  decodeServerMessage,
  defaultBackoff,
  type DocName,
  encodeClientMessage,
  type Env,
  idleConnection,
  protocolVersion,
  randomWord,
  type ServerMessage,
  type SessionId,
  silenceMs,
  stepConnection,
  subprotocol,
  systemEnv,
} from '@tutti/core'
import { openSocket, type Socket, type WebSocketClass, type WebSocketLike } from '../socket/socket.ts'
import { Channels } from './channels.ts'
import { type ConnectionOptions, socketUrl } from './connection-options.ts'
import { listenToHost } from './host-events.ts'
import type { Member, Seat } from './member.ts'
import { UploadSlots } from './upload-slots.ts'

/** What apps may want to hear of a connection. */
export interface ConnectionListener {
  stateChanged(state: ConnectionState): void
  /** `event` is the host's close event; `null` when we hung up ourselves. */
  socketClosed(event: unknown): void
  failed(event: unknown): void
}

/** Before the first `join`, and after the last `leave`. */
export const idleState: ConnectionState = idleConnection

/** Names the software in the server's log. */
const agent = 'tutti-client'

/**
 * One WebSocket to one server for many documents, kept alive: runs the connection machine of core (SPEC CON) and hands
 * what arrives to the document it is for. Never throws into the app; tokens never leave the hello.
 */
export class Connection {
  /** Names this running client to the server; counters of edits belong to it. */
  readonly session: SessionId
  readonly #options: ConnectionOptions
  readonly #env: Env
  readonly #members = new Map<DocName, Member>()
  readonly #channels: Channels
  readonly #counters = new Map<DocName, number>()
  readonly #listeners = new Set<ConnectionListener>()
  readonly #uploads = new UploadSlots()
  #state: ConnectionState = idleConnection
  #events: ConnectionEvent[] | null = null
  #socket: Socket | null = null
  #token = ''
  #device = ''
  /** What was begun before this number changed is over: late answers are dropped. */
  #attempt = 0
  #wake: Cancel | null = null
  #pulse: Cancel | null = null
  #stopListening: (() => void) | null = null
  #heardTicks = 0
  #saidTicks = 0
  #maxUpdateBytes = 0
  #beatMs: number = beatMs

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#env = options.env ?? systemEnv
    this.#channels = new Channels(message => this.send(message))
    this.session = randomWord(this.#env.random, 20) as SessionId
  }

  get state(): ConnectionState {
    return this.#state
  }

  get url(): string {
    return this.#options.url
  }

  /** The socket under it, while there is one. For diagnostics. */
  get raw(): WebSocketLike | null {
    return this.#socket?.raw ?? null
  }

  get documents(): readonly DocName[] {
    return [...this.#members.keys()]
  }

  /** When something was last heard from the server, in ticks; `null` while not connected. */
  get heardTicks(): number | null {
    return this.#state.kind === 'online' ? this.#heardTicks : null
  }

  has(doc: DocName): boolean {
    return this.#members.has(doc)
  }

  watch(listener: ConnectionListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Does not wait any longer; a connection that ended for good tries again, too. */
  retryNow(): void {
    this.#dispatch({ kind: this.#state.kind === 'closed' ? 'start' : 'retry-now' })
  }

  /** A document joins. A connection holds each document once (SPEC CLI14). */
  join(member: Member): Seat {
    if (this.#members.has(member.doc)) throw new Error('this connection has the document already')
    this.#members.set(member.doc, member)
    if (this.#members.size === 1) this.#start()
    else if (this.#state.kind === 'online') this.#env.timers.soon(() => this.#greet(member))
    else if (this.#state.kind === 'closed') this.#dispatch({ kind: 'start' })
    return this.#seat(member)
  }

  #seat(member: Member): Seat {
    const isIn = () => this.#members.get(member.doc) === member
    return {
      open: request => {
        if (isIn()) this.#channels.open(member, request)
      },
      send: message => {
        if (isIn()) this.send(message)
      },
      requestUpload: go => {
        if (isIn()) this.#uploads.request(member, go)
      },
      releaseUpload: () => this.#uploads.release(member),
      refreshToken: then => this.#refreshToken(() => isIn() && then()),
      nextCounter: () => {
        const counter = (this.#counters.get(member.doc) ?? 0) + 1
        this.#counters.set(member.doc, counter)
        return counter
      },
      closeChannel: () => this.#closeChannel(member),
      leave: () => {
        if (!isIn()) return
        this.#members.delete(member.doc)
        this.#closeChannel(member)
        if (this.#members.size === 0) this.#stop()
      },
    }
  }

  #closeChannel(member: Member): void {
    this.#uploads.release(member)
    this.#channels.close(member)
  }

  /** Sends now; what cannot be sent is dropped, since documents say everything again when they are greeted. */
  send(message: ClientMessage): void {
    if (this.#socket === null) return
    this.#saidTicks = this.#env.clock.ticks()
    this.#socket.send(encodeClientMessage(message))
  }

  #start(): void {
    this.#stopListening ??= listenToHost({
      networkCame: () => this.#dispatch({ kind: 'network-came' }),
      networkGone: () => this.#dispatch({ kind: 'network-gone' }),
      shown: () => {
        this.#checkSilence()
        this.#dispatch({ kind: 'retry-now' })
      },
    })
    this.#dispatch({ kind: 'start' })
  }

  #stop(): void {
    this.#stopListening?.()
    this.#stopListening = null
    this.#dispatch({ kind: 'stop' })
  }

  /** One event after the other, however they come. */
  #dispatch(event: ConnectionEvent): void {
    if (this.#events !== null) {
      this.#events.push(event)
      return
    }
    this.#events = [event]
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      const before = this.#state
      const { state, effects } = stepConnection(before, next, {
        ticks: this.#env.clock.ticks(),
        random: this.#env.random.next(),
        canRefresh: typeof this.#options.token === 'function',
        backoff: { ...defaultBackoff, longestMs: this.#options.maxBackoffTime ?? defaultBackoff.longestMs },
      })
      this.#state = state
      for (const effect of effects) this.#run(effect)
      if (state === before) continue
      if (before.kind === 'online') this.#leaveOnline()
      if (state.kind === 'online') this.#enterOnline()
      for (const listener of this.#listeners) listener.stateChanged(state)
    }
    this.#events = null
  }

  #run(effect: ConnectionEffect): void {
    switch (effect.kind) {
      case 'fetch-token':
        return this.#authorize()
      case 'open-socket':
        return this.#open()
      case 'greet': {
        const { session } = this
        return this.send({
          type: 'hello',
          version: protocolVersion,
          device: this.#device,
          session,
          agent,
          token: this.#token,
        })
      }
      case 'close-socket': {
        this.#attempt++
        if (this.#socket === null) return
        this.#socket.drop()
        this.#socket = null
        for (const listener of this.#listeners) listener.socketClosed(null)
        return
      }
      case 'wake-after':
        this.#wake?.()
        this.#wake = this.#env.timers.after(effect.ms, () => {
          this.#wake = null
          this.#dispatch({ kind: 'time-is-up' })
        })
        return
      case 'forget-wake':
        this.#wake?.()
        this.#wake = null
        return
    }
  }

  #authorize(): void {
    const attempt = ++this.#attempt
    this.#fetchToken().then(
      ([token, device]) => {
        if (attempt !== this.#attempt) return
        this.#token = token
        this.#device = device
        this.#dispatch({ kind: 'token-ready' })
      },
      (error: unknown) => {
        if (attempt !== this.#attempt) return
        for (const listener of this.#listeners) listener.failed(error)
        this.#dispatch({ kind: 'token-failed' })
      },
    )
  }

  async #fetchToken(): Promise<readonly [token: string, device: string]> {
    const { token = '', device } = this.#options
    const id = this.#device || (await device?.()) || randomWord(this.#env.random, 20)
    return [typeof token === 'function' ? await token() : token, id]
  }

  #refreshToken(then: () => void): boolean {
    if (typeof this.#options.token !== 'function') return false
    const attempt = this.#attempt
    this.#fetchToken().then(
      ([token]) => {
        if (attempt !== this.#attempt || this.#state.kind !== 'online') return
        this.#token = token
        this.send({ type: 'auth', token })
        then()
      },
      (error: unknown) => {
        for (const listener of this.#listeners) listener.failed(error)
      },
    )
    return true
  }

  #open(): void {
    const host = this.#options.WebSocketPolyfill ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket
    const fail = (event: unknown) => {
      for (const listener of this.#listeners) listener.failed(event)
    }
    const heard = {
      opened: () => this.#dispatch({ kind: 'socket-opened' }),
      received: (bytes: Uint8Array) => this.#receive(bytes),
      failed: fail,
      closed: ({ code, reason, event }: { code: number; reason: string; event: unknown }) => {
        this.#socket = null
        for (const listener of this.#listeners) listener.socketClosed(event)
        this.#dispatch({ kind: 'socket-closed', code, reason })
      },
    }
    if (host === undefined) fail(new Error('there is no WebSocket here: pass WebSocketPolyfill'))
    else {
      const protocols = [subprotocol, ...(this.#options.protocols ?? [])]
      this.#socket = openSocket(host, socketUrl(this.#options), protocols, heard)
    }
    if (this.#socket === null)
      this.#dispatch({ kind: 'socket-closed', code: 1006, reason: 'no connection can be made' })
  }

  #receive(bytes: Uint8Array): void {
    this.#heardTicks = this.#env.clock.ticks()
    const message = decodeServerMessage(bytes)
    // What a newer server says and we do not know is not for us.
    if (message.ok) this.#take(message.value)
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#maxUpdateBytes = message.maxUpdateBytes
        this.#beatMs = Math.min(message.beatMs || beatMs, silenceMs / 2)
        return this.#dispatch({ kind: 'welcomed' })
      case 'bye':
        return this.#dispatch({ ...message, kind: 'bye' })
      case 'beat':
        return
      case 'expiring':
        return void this.#refreshToken(() => {})
      case 'store':
        for (const member of this.#byPriority()) member.storeChanged(message.available, message.message)
        return
      default:
        return this.#channels.take(message)
    }
  }

  #enterOnline(): void {
    this.#heardTicks = this.#env.clock.ticks()
    this.#keepBeating()
    for (const member of this.#byPriority()) this.#greet(member)
  }

  #greet(member: Member): void {
    if (this.#state.kind !== 'online' || this.#members.get(member.doc) !== member) return
    member.greeted({ maxUpdateBytes: this.#maxUpdateBytes })
  }

  #leaveOnline(): void {
    this.#pulse?.()
    this.#pulse = null
    this.#channels.clear()
    this.#uploads.clear()
    for (const member of this.#byPriority()) member.parted()
  }

  /** Says something at least every beat, and notices when nothing is heard (SPEC CON7). */
  #keepBeating(): void {
    this.#pulse = this.#env.timers.after(this.#beatMs / 2, () => {
      this.#checkSilence()
      if (this.#state.kind !== 'online') return
      if (this.#env.clock.ticks() - this.#saidTicks >= this.#beatMs / 2) this.send({ type: 'beat' })
      this.#keepBeating()
    })
  }

  #checkSilence(): void {
    if (this.#state.kind !== 'online') return
    if (this.#env.clock.ticks() - this.#heardTicks >= silenceMs) this.#dispatch({ kind: 'silent' })
  }

  #byPriority(): Member[] {
    return [...this.#members.values()].sort((a, b) => b.priority - a.priority)
  }
}
