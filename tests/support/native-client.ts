import { randomUUID } from 'node:crypto'
import {
  type ClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  type ServerMessage,
  subprotocol,
} from '@tutti/core'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

const fromServer = Symbol('from the server')

interface Edit {
  readonly counter: number
  readonly bytes: Uint8Array
}

/**
 * The native dialect with nothing around it: one document on one socket, PROTOCOL.md line by line. It remembers what it
 * was promised and what it was shown, so that a test can hold the server to it. It does not come back by itself.
 */
export class NativeClient {
  readonly doc: Y.Doc = new Y.Doc()
  /** Own edits the server called stored, as sent. */
  readonly acknowledged: Uint8Array[] = []
  /** What it was shown of others. */
  readonly seen: Uint8Array[] = []
  pending: Edit[] = []
  /** Counters the server said it received, before they were stored. */
  readonly received: number[] = []
  readonly refusals: (ServerMessage & { type: 'refused' })[] = []
  readonly storeNews: (ServerMessage & { type: 'store' })[] = []
  position = 0
  epoch = ''
  isSynced = false
  /** Ticks (`performance.now`) of the newest acknowledgement. */
  ackedTicks = 0
  bye: (ServerMessage & { type: 'bye' }) | null = null
  readonly name: string
  #session = randomUUID()
  #counter = 0
  #socket: WebSocket | null = null
  #channel = -1
  #missing = 0
  #pieces: Uint8Array[] = []
  #mayWrite = true
  #wake: (() => void)[] = []
  #gone: Promise<number> = Promise.resolve(0)

  constructor(name: string) {
    this.name = name
    this.doc.on('update', (bytes: Uint8Array, origin: unknown) => {
      if (origin === fromServer) return
      this.pending.push({ counter: ++this.#counter, bytes })
      if (this.isSynced && this.#mayWrite) this.#sendEdit(bytes, false)
    })
  }

  get socket(): WebSocket {
    if (this.#socket === null) throw new Error('not connected')
    return this.#socket
  }

  /** Resolves with the close code when the connection has ended. */
  get gone(): Promise<number> {
    return this.#gone
  }

  /** Connects and opens; resolves when everything the server has is here. */
  async connect(wsUrl: string, doc: string): Promise<void> {
    const socket = new WebSocket(wsUrl, [subprotocol])
    this.#socket = socket
    this.isSynced = false
    this.#mayWrite = true
    this.bye = null
    const failed = new Promise<never>((_, reject) => {
      socket.on('error', reject)
      socket.on('close', code => reject(new Error(`closed with ${code}`)))
    })
    failed.catch(() => {})
    this.#gone = new Promise(resolve => socket.on('close', code => resolve(code)))
    void this.#gone.then(() => {
      if (this.#socket !== socket) return
      this.isSynced = false
      this.#stir()
    })
    socket.on('message', data => {
      const decoded = decodeServerMessage(data as Buffer)
      if (!decoded.ok) throw new Error(decoded.error.message)
      this.#take(decoded.value)
      this.#stir()
    })
    await Promise.race([new Promise(resolve => socket.on('open', resolve)), failed])
    this.#say({ type: 'hello', version: 1, device: this.name, session: this.#session, agent: 'test', token: '' })
    this.#say({
      type: 'open',
      request: 1,
      doc,
      epoch: this.position > 0 ? this.epoch : '',
      position: this.position,
      stateVector: Y.encodeStateVector(this.doc),
      client: this.doc.clientID,
    })
    await Promise.race([this.until(() => this.isSynced), failed])
  }

  /** Resolves as soon as it is true; looked at after every message. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>(resolve => this.#wake.push(resolve))
  }

  /** Everything of its own is stored. */
  async settled(): Promise<void> {
    await this.until(() => this.pending.length === 0)
  }

  async leave(): Promise<void> {
    this.#socket?.terminate()
    await this.#gone
  }

  #stir(): void {
    for (const call of this.#wake.splice(0)) call()
  }

  #say(message: ClientMessage): void {
    this.#socket?.send(encodeClientMessage(message))
  }

  #sendEdit(bytes: Uint8Array, resync: boolean): void {
    const channel = this.#channel
    this.#say({ type: 'update', channel, counter: this.#counter, base: this.position, resync, bytes })
  }

  #resync(): void {
    this.#mayWrite = true
    if (this.pending.length > 0) this.#sendEdit(Y.mergeUpdates(this.pending.map(edit => edit.bytes)), true)
  }

  #apply(bytes: Uint8Array): void {
    this.seen.push(bytes)
    Y.applyUpdate(this.doc, bytes, fromServer)
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'opened':
        this.#channel = message.channel
        this.epoch = message.epoch
        return
      case 'open-refused':
        throw new Error(`${message.code}: ${message.message}`)
      case 'state':
        this.position = message.head
        this.#missing = message.total
        this.#pieces = []
        if (message.total === 0) this.#caughtUp()
        return
      case 'piece':
        this.#pieces.push(message.bytes.slice())
        this.#missing -= message.bytes.length
        if (this.#missing === 0) this.#caughtUp()
        return
      case 'push':
        if (message.from > this.position + 1) throw new Error(`a gap: ${message.from} after ${this.position}`)
        this.position = Math.max(this.position, message.to)
        this.#apply(message.bytes.slice())
        if (!this.#mayWrite) this.#resync()
        return
      case 'ack':
        this.ackedTicks = performance.now()
        this.position = Math.max(this.position, message.through)
        for (const edit of this.pending) if (edit.counter <= message.counter) this.acknowledged.push(edit.bytes)
        this.pending = this.pending.filter(edit => edit.counter > message.counter)
        return
      case 'received':
        this.received.push(message.counter)
        return
      case 'refused':
        this.refusals.push(message)
        this.#mayWrite = false
        return
      case 'store':
        this.storeNews.push(message)
        if (message.available && !this.#mayWrite) this.#resync()
        return
      case 'bye':
        this.bye = message
        return
      default:
    }
  }

  #caughtUp(): void {
    if (this.#pieces.length > 0) this.#apply(Buffer.concat(this.#pieces))
    this.#pieces = []
    this.isSynced = true
    this.#resync()
  }
}

/** Which of these updates would still change the document: structs or deletes it lacks. Empty when nothing is lost. */
export function lacking(state: Y.Doc, updates: readonly Uint8Array[]): number {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(state))
  let changed = 0
  copy.on('update', () => changed++)
  for (const update of updates) Y.applyUpdate(copy, update)
  return changed + (copy.store.pendingStructs === null ? 0 : 1) + (copy.store.pendingDs === null ? 0 : 1)
}
