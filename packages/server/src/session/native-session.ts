import {
  type Author,
  beatMs,
  type Channel,
  type ClientMessage,
  decodeAwareness,
  decodeClientMessage,
  type ErrorCode,
  mayDo,
  type Millis,
  oldestProtocolVersion,
  parseDeviceId,
  parseSessionId,
  type Permission,
  protocolLimits,
  protocolVersion,
  unreachable,
  wireLimits,
} from '@tutti/core'
import type { Identity } from '../access/authorize.ts'
import { presentedUser } from '../access/presented-user.ts'
import type { Stay, Visitor } from '../access/stay.ts'
import type { Reader } from '../room/reader.ts'
import type { Room } from '../room/room.ts'
import { framed, told } from './native-dialect.ts'
import { type OpenRequest, openDocument, reconcile } from './open-document.ts'
import type { Peer, Session, SessionContext, SessionFacts } from './session.ts'

/** A document open on this connection. */
export interface OpenChannel {
  readonly room: Room
  readonly reader: Reader
}

/** What a connection is: each state holds only what exists in it. */
type State =
  | { readonly kind: 'silent'; readonly cancel: () => void }
  | { readonly kind: 'identifying' }
  | { readonly kind: 'known'; identity: Identity; readonly author: Author; readonly stay: Stay | null }
  | { readonly kind: 'ended' }

/** A connection that speaks the native dialect: many documents on one socket (PROTOCOL.md, SPEC SES3 to SES7). */
export class NativeSession implements Session, Visitor {
  readonly dialect = 'native'
  readonly #context: SessionContext
  readonly #peer: Peer
  readonly #channels = new Map<Channel, OpenChannel>()
  #state: State
  /** What came after the hello before that was looked at. */
  #early: Uint8Array[] = []
  #opening = 0
  readonly #forgetStore: () => void

  constructor(context: SessionContext, peer: Peer) {
    this.#context = context
    this.#peer = peer
    const cancel = context.env.timers.after(protocolLimits.helloTimeoutMs, () =>
      this.#bye('handshake-timeout', 'no hello came'),
    )
    this.#state = { kind: 'silent', cancel }
    this.#forgetStore = context.house.health.onChange(() => this.#tellStore())
  }

  receive(bytes: Uint8Array): void {
    if (this.#state.kind === 'ended') return
    if (this.#state.kind === 'silent' && bytes.length > protocolLimits.maxHelloBytes) {
      return this.#bye('too-large', 'a hello is smaller')
    }
    const decoded = decodeClientMessage(bytes)
    if (!decoded.ok) return this.#bye(decoded.error.code, decoded.error.message)
    const message = decoded.value
    if (this.#state.kind === 'known') return this.#obey(this.#state, message)
    if (this.#state.kind === 'identifying') return this.#keep(bytes)
    if (this.#state.kind === 'silent' && message.type === 'hello') return void this.#greet(this.#state, message)
    this.#bye('bad-message', 'hello comes first, and once')
  }

  async #greet(state: State & { kind: 'silent' }, hello: ClientMessage & { type: 'hello' }): Promise<void> {
    state.cancel()
    this.#state = { kind: 'identifying' }
    if (hello.version < oldestProtocolVersion || hello.version > protocolVersion) {
      return this.#bye('unsupported-version', `this server speaks version ${protocolVersion}`)
    }
    const device = parseDeviceId(hello.device)
    const session = parseSessionId(hello.session)
    if (!device.ok) return this.#bye('bad-message', device.error)
    if (!session.ok) return this.#bye('bad-message', session.error)
    const { door } = this.#context
    const identity = await door.identify(hello.token)
    if (this.#hasEnded()) return
    if (this.#early.length > 0) this.#peer.resume()
    if (typeof identity === 'string') return this.#shut(identity)
    const author: Author = { subject: identity.subject, device: device.value, session: session.value }
    this.#state = { kind: 'known', identity, author, stay: door.enter(identity, this) }
    this.#peer.write(
      framed({
        type: 'welcome',
        version: protocolVersion,
        server: this.#context.serverId,
        maxUpdateBytes: wireLimits.maxBytes,
        beatMs,
      }),
    )
    if (!this.#context.house.health.available) this.#tellStore()
    for (const message of this.#early.splice(0)) this.receive(message)
  }

  /** One packet's worth: more is not read before it is known who speaks. */
  #keep(bytes: Uint8Array): void {
    if (this.#early.push(bytes.slice()) === 1) this.#peer.pause()
  }

  #hasEnded(): boolean {
    return this.#state.kind === 'ended'
  }

  #shut(code: 'unauthorized' | 'internal'): void {
    this.#bye(code, code === 'internal' ? 'nobody can be identified now' : 'the token is not valid')
  }

  #obey(state: State & { kind: 'known' }, message: ClientMessage): void {
    switch (message.type) {
      case 'hello':
        return this.#bye('bad-message', 'hello comes once')
      case 'auth':
        return void this.#renew(state, message.token)
      case 'open':
        return void this.#openDocument(state, message)
      case 'beat':
        return
      case 'close':
        return this.#closeChannel(message.channel)
      case 'update':
      case 'awareness':
      case 'seen':
      case 'seed':
      case 'reconcile': {
        const channel = this.#channels.get(message.channel)
        // What was on its way when the channel was closed.
        if (channel === undefined) return
        return this.#inChannel(channel, message)
      }
      default:
        return unreachable(message)
    }
  }

  #inChannel(
    { room, reader }: OpenChannel,
    message: ClientMessage & { type: 'update' | 'awareness' | 'seen' | 'seed' | 'reconcile' },
  ): void {
    switch (message.type) {
      case 'update':
        return this.#update(room, reader, message)
      case 'awareness': {
        if (!mayDo('awareness.say', reader.permission)) return
        const entries = decodeAwareness(message.bytes)
        if (!entries.ok) return this.#bye(entries.error.code, entries.error.message)
        return room.presence.take(reader, entries.value)
      }
      case 'seen':
        return
      case 'seed': {
        return room.seed(reader, message.bytes, taken => {
          this.#peer.write(framed({ type: 'seeded', channel: room.channel, taken }))
        })
      }
      case 'reconcile': {
        if (!mayDo('document.reconcile', reader.permission)) return
        const failed = reconcile(room, reader, message.stateVector, this.#context.env.timers)
        if (failed !== null) this.#bye(failed.code, failed.message)
        return
      }
      default:
        return unreachable(message)
    }
  }

  /** Counters grow by one each; after a refusal everything is ignored until a resync (SPEC SES4). */
  #update(room: Room, reader: Reader, message: ClientMessage & { type: 'update' }): void {
    if (message.resync) reader.ignoring = false
    else if (reader.ignoring) return
    else if (message.counter !== reader.counter + 1 && reader.counter > 0) {
      return this.#bye('bad-message', 'a counter was skipped')
    }
    const submitted = room.submit(reader, message.bytes, message.counter, message.base, message.resync)
    if (submitted.kind === 'refused') room.refuse(reader, message.counter, submitted.failure)
  }

  async #renew(state: State & { kind: 'known' }, token: string): Promise<void> {
    const identity = await this.#context.door.identify(token)
    if (this.#hasEnded()) return
    if (typeof identity === 'string') return this.#shut(identity)
    if (identity.subject !== state.identity.subject) return this.#shut('unauthorized')
    state.identity = identity
    state.stay?.renew(identity)
    await this.review().catch(() => this.#shut('internal'))
  }

  /** Asks what may be done with each open document by now (SPEC SES13). */
  async review(): Promise<void> {
    for (const open of Array.from(this.#channels.values())) await this.#reviewOne(open)
  }

  async #reviewOne({ room, reader }: OpenChannel): Promise<void> {
    if (this.#state.kind !== 'known') return
    const { identity } = this.#state
    const permission = await this.#context.door.permit(identity, room.doc)
    if (this.#channels.get(room.channel)?.reader !== reader) return
    reader.user = presentedUser(identity)
    if (permission === null) this.#endChannel(room, 'forbidden', 'no longer for you')
    else this.#allow(room, reader, permission)
  }

  expiring(inMs: Millis): void {
    this.#peer.write(framed({ type: 'expiring', inMs }))
  }

  end(code: ErrorCode, message: string): void {
    this.#bye(code, message)
  }

  #allow(room: Room, reader: Reader, permission: Permission): void {
    const before = told(reader.permission)
    reader.permission = permission
    if (told(permission) === before) return
    this.#peer.write(framed({ type: 'permission', channel: room.channel, permission: told(permission) }))
  }

  async #openDocument(state: State & { kind: 'known' }, request: OpenRequest): Promise<void> {
    if (this.#channels.size + this.#opening >= protocolLimits.maxChannels) {
      return this.#refuseOpen(request, 'too-many', `at most ${protocolLimits.maxChannels} documents on one connection`)
    }
    this.#opening++
    try {
      const { identity } = state
      const opened = await openDocument(this.#context, this.#peer, identity, state.author, request)
      if ('code' in opened) return this.#refuseOpen(request, opened.code, opened.message)
      if (this.#hasEnded()) return opened.room.leave(opened.reader)
      this.#closeChannel(opened.room.channel)
      this.#channels.set(opened.room.channel, opened)
      // A newer token came meanwhile, and this was not asked of it.
      if (state.identity !== identity) await this.#reviewOne(opened).catch(() => this.#shut('internal'))
    } finally {
      this.#opening--
    }
  }

  #refuseOpen(request: OpenRequest, code: ErrorCode, message: string): void {
    this.#context.house.counts.refused('open', code)
    this.#peer.write(framed({ type: 'open-refused', request: request.request, code, message }))
  }

  #closeChannel(channel: Channel): void {
    const open = this.#channels.get(channel)
    if (open === undefined) return
    this.#channels.delete(channel)
    open.room.leave(open.reader)
  }

  #endChannel(room: Room, code: ErrorCode, message: string): void {
    this.#closeChannel(room.channel)
    this.#peer.write(framed({ type: 'closed', channel: room.channel, code, message }))
  }

  #tellStore(): void {
    if (this.#state.kind !== 'known') return
    const { available, reason } = this.#context.house.health
    this.#peer.write(framed({ type: 'store', available, message: reason }))
  }

  drained(): void {
    const row = [...this.#channels]
    for (const [channel, open] of row) {
      if (!this.#peer.hasRoom) return
      if (open.reader.standing === 'behind') {
        // To the end of the row: the next time another document comes first, however far behind this one is.
        this.#channels.delete(channel)
        this.#channels.set(channel, open)
      }
      open.room.drained(open.reader)
    }
  }

  beat(): void {
    this.#peer.write(framed({ type: 'beat' }))
  }

  drain(afterMs: number, jitterMs: number): void {
    this.#bye('draining', 'the server restarts', afterMs, jitterMs)
  }

  facts(): SessionFacts {
    const { subject, device } = this.#state.kind === 'known' ? this.#state.author : { subject: '', device: '' }
    return { subject, device, documents: Array.from(this.#channels.values(), ({ room }) => room.doc) }
  }

  ended(): void {
    if (this.#state.kind === 'silent') this.#state.cancel()
    if (this.#state.kind === 'known') this.#context.door.leave(this.#state.stay)
    this.#state = { kind: 'ended' }
    this.#early = []
    this.#forgetStore()
    for (const { room, reader } of this.#channels.values()) room.leave(reader)
    this.#channels.clear()
  }

  #bye(code: ErrorCode, message: string, afterMs = 0, jitterMs = 0): void {
    if (this.#hasEnded()) return
    this.#peer.write(framed({ type: 'bye', code, message, afterMs, jitterMs }))
    this.#peer.close(code, message)
    this.ended()
  }
}
