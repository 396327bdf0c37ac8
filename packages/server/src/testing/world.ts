import {
  type ClientMessage,
  type DocName,
  encodeAwareness,
  encodeClientMessage,
  encodeStockAwareness,
  encodeStockUpdate,
  encodeSyncStep1,
  encodeSyncStep2,
  MemoryLog,
  type NewEntry,
  type ServerMessage,
  systemEnv,
  type UpdateLog,
} from '@tutti/core'
import { type ManualEnv, manualEnv } from '@tutti/core/testing'
import * as Y from 'yjs'
import { type Authorize, everybody } from '../access/authorize.ts'
import { Door } from '../access/door.ts'
import { Revocations } from '../access/revocations.ts'
import { House } from '../room/house.ts'
import { silentLogger } from '../runtime/logger.ts'
import { NativeSession } from '../session/native-session.ts'
import type { SessionContext } from '../session/session.ts'
import { StockSession } from '../session/stock-session.ts'
import { FakePeer } from './fake-peer.ts'

export interface WorldOptions {
  readonly authorize?: Authorize
  readonly idleMs?: number
  /** How often the door is asked again; by default never. */
  readonly recheckMs?: number
  /** Wraps the log the house gets. */
  readonly wrap?: (log: MemoryLog) => UpdateLog
}

/** A house in virtual time over a log in memory that can be slow or refuse. */
export class World {
  readonly env: ManualEnv = manualEnv()
  readonly log: MemoryLog
  readonly house: House
  readonly door: Door
  readonly context: SessionContext
  /** Runs before each append; its exception refuses the append. */
  beforeAppend: ((doc: DocName, entries: readonly NewEntry[]) => Promise<void> | void) | null = null
  beforeProbe: (() => void) | null = null
  #sessions = 0

  constructor(options: WorldOptions = {}) {
    this.log = new MemoryLog({
      beforeAppend: (doc, entries) => this.beforeAppend?.(doc, entries),
      beforeProbe: () => this.beforeProbe?.(),
    })
    const log = options.wrap?.(this.log) ?? this.log
    this.house = new House({ log, env: this.env, logger: silentLogger, idleMs: options.idleMs ?? 30_000 })
    const { env, house } = this
    this.door = new Door({
      authorize: options.authorize ?? everybody,
      revocations: new Revocations(null),
      env,
      logger: silentLogger,
      recheckMs: options.recheckMs ?? null,
    })
    this.context = {
      house,
      door: this.door,
      env,
      logger: silentLogger,
      serverId: 'world',
    }
  }

  /** Lets everything happen that does not wait for the clock. */
  async settle(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      this.env.turn()
      await new Promise<void>(resolve => systemEnv.timers.soon(resolve))
    }
  }

  /** Time passes. */
  async pass(ms: number): Promise<void> {
    this.env.advance(ms)
    await this.settle()
  }

  /** A native connection that has said hello. */
  async native(session = `s${++this.#sessions}`): Promise<NativeGuest> {
    const guest = new NativeGuest(this, session)
    guest.say({ type: 'hello', version: 1, device: 'device', session, agent: 'test', token: '' })
    await this.settle()
    return guest
  }

  /** A native connection with a document open. */
  async joined(doc = 'song', more: Partial<OpenFields> = {}): Promise<NativeGuest> {
    const guest = await this.native()
    await guest.open(doc, more)
    return guest
  }

  /** A stock connection, synced unless told otherwise. */
  async stock(doc = 'song', sync = true): Promise<StockGuest> {
    const guest = new StockGuest(this, doc as DocName)
    await this.settle()
    if (sync) {
      guest.ask()
      await this.settle()
      guest.peer.news()
    }
    return guest
  }
}

type OpenFields = Omit<ClientMessage & { type: 'open' }, 'type' | 'request' | 'doc'>

/** A native client by hand: it has a document, and says what the test tells it to say. */
export class NativeGuest {
  readonly peer: FakePeer = new FakePeer()
  readonly doc: Y.Doc = new Y.Doc()
  readonly session: NativeSession
  readonly name: string
  channel = -1
  epoch = ''
  counter = 0
  readonly #world: World
  #requests = 0

  constructor(world: World, name: string) {
    this.#world = world
    this.name = name
    this.session = new NativeSession(world.context, this.peer)
  }

  say(message: ClientMessage): void {
    this.session.receive(encodeClientMessage(message))
  }

  /** Opens a document and returns what came back. */
  async open(doc = 'song', more: Partial<OpenFields> = {}): Promise<readonly ServerMessage[]> {
    this.peer.news()
    this.say({
      type: 'open',
      request: ++this.#requests,
      doc,
      epoch: '',
      position: 0,
      stateVector: Uint8Array.of(0),
      client: 0,
      ...more,
    })
    await this.#world.settle()
    const answer = this.peer.messages()
    for (const message of answer) {
      if (message.type !== 'opened') continue
      this.channel = message.channel
      this.epoch = message.epoch
    }
    return answer
  }

  /** Sends one update; by default the next counter, not resynchronising. */
  update(bytes: Uint8Array, more: { counter?: number; resync?: boolean; base?: number } = {}): number {
    const counter = more.counter ?? this.counter + 1
    this.counter = counter
    const { resync = false, base = 0 } = more
    this.say({ type: 'update', channel: this.channel, counter, base, resync, bytes })
    return counter
  }

  /** Types into its own document and sends that. */
  type(text: string): Uint8Array {
    const bytes = edit(this.doc, doc => doc.getText('t').insert(doc.getText('t').length, text))
    this.update(bytes)
    return bytes
  }

  present(client: number, clock: number, state: object | null): void {
    const bytes = encodeAwareness([{ client, clock, state: JSON.stringify(state) }])
    this.say({ type: 'awareness', channel: this.channel, bytes })
  }

  /** The news of one type. */
  heard<T extends ServerMessage['type']>(type: T): readonly (ServerMessage & { type: T })[] {
    return this.peer.messages().filter((message): message is ServerMessage & { type: T } => message.type === type)
  }
}

/** A y-websocket client by hand. */
export class StockGuest {
  readonly peer: FakePeer = new FakePeer()
  readonly doc: Y.Doc = new Y.Doc()
  readonly session: StockSession

  constructor(world: World, doc: DocName) {
    this.session = new StockSession(world.context, this.peer, doc, '')
  }

  ask(): void {
    this.session.receive(encodeSyncStep1(Y.encodeStateVector(this.doc)))
  }

  answer(stateVector: Uint8Array): void {
    this.session.receive(encodeSyncStep2(Y.encodeStateAsUpdate(this.doc, stateVector)))
  }

  update(bytes: Uint8Array): void {
    this.session.receive(encodeStockUpdate(bytes))
  }

  type(text: string): Uint8Array {
    const bytes = edit(this.doc, doc => doc.getText('t').insert(doc.getText('t').length, text))
    this.update(bytes)
    return bytes
  }

  present(...entries: readonly { client: number; clock: number; state: object | null }[]): void {
    const said = entries.map(({ client, clock, state }) => ({ client, clock, state: JSON.stringify(state) }))
    this.session.receive(encodeStockAwareness(encodeAwareness(said)))
  }
}

/** What one transaction changed, as one update. */
export function edit(doc: Y.Doc, change: (doc: Y.Doc) => void): Uint8Array {
  const made: Uint8Array[] = []
  const keep = (update: Uint8Array) => made.push(update)
  doc.on('update', keep)
  doc.transact(() => change(doc))
  doc.off('update', keep)
  const [update] = made
  if (update === undefined) throw new Error('nothing changed')
  return update
}

/** The text of a document built from updates. */
export function textOf(...updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('t').toString()
}
