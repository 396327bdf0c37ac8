/**
 * One client on one raw socket: upgrade, frames, and nothing that a scenario does not ask for. A scenario assigns the
 * listeners it needs; the rest stay empty functions, so thousands of idle clients cost next to nothing.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { Dialect, DialectClient, DialectEvents } from './dialect.ts'
import { clientFrame, FrameReader } from './frame-reader.ts'

/** Where a server listens and which process pays for it. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly pid: number
  /** Where it opens its inspector when it is asked to. */
  readonly inspectPort: number
}

/** A state vector that holds nothing, and an update that holds nothing. */
export const emptyStateVector: Uint8Array = Uint8Array.of(0)
export const emptyUpdate: Uint8Array = Uint8Array.of(0, 0)

const binary = 2
const closing = 8
const ping = 9
const pong = 10

// One buffer for all sockets: the runtime fills it and hands it over in the same call, so it is never shared in time.
const slab = Buffer.allocUnsafe(256 * 1024)

export class Client implements DialectEvents {
  readonly document: string
  readonly wire: DialectClient
  readonly #target: Target
  readonly #dialect: Dialect
  readonly #frames: FrameReader
  #socket: Socket | undefined
  #beats: NodeJS.Timeout | undefined
  #head = ''
  #open: (() => void) | undefined
  #failed: ((error: Error) => void) | undefined
  #closedByUs = false
  #synced: (() => void) | undefined

  /** What the client already holds when it connects. */
  stateVector: Uint8Array = emptyStateVector
  /** What it sends when the server asks what it has. */
  held: Uint8Array = emptyUpdate
  /** Whether it sends that even to a server that holds something: what a client with edits of its own does. */
  alwaysAnswers = false
  /** Bytes read from the socket, heads of frames included, and bytes handed to it. */
  bytesIn = 0
  bytesOut = 0
  /** Resolves with the first answer to our state vector. */
  readonly synced: Promise<void>

  /** A live update arrived. */
  listenUpdate: (bytes: Buffer, start: number, end: number) => void = nothing
  /** The answer to our state vector arrived. */
  listenSyncAnswer: (bytes: Buffer, start: number, end: number) => void = nothing
  /** Everything up to that update of ours is on disk. */
  listenDurable: (counter: number) => void = nothing
  /** All frames of one read have been given out. */
  listenChunkEnd: () => void = nothing
  /** The connection ended although nobody here closed it. */
  listenLost: (reason: string) => void = reason => {
    throw new Error(`connection to ${this.document} lost: ${reason}`)
  }

  constructor(target: Target, dialect: Dialect, document: string) {
    this.#target = target
    this.#dialect = dialect
    this.document = document
    this.wire = dialect.client(document)
    this.#frames = new FrameReader((opcode, bytes, start, end) => this.#frame(opcode, bytes, start, end))
    this.synced = new Promise(resolve => {
      this.#synced = resolve
    })
  }

  /** Connects, upgrades and sends the opening messages. Rejects when the server refuses. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#open = resolve
      this.#failed = reject
      const socket = connect({
        host: this.#target.host,
        port: this.#target.port,
        noDelay: true,
        onread: {
          buffer: slab,
          callback: (length, bytes) => {
            this.#read(bytes as Buffer, length)
            return true
          },
        },
      })
      this.#socket = socket
      socket.on('error', error => this.#ended(error.message))
      socket.on('close', () => this.#ended('closed by the server'))
      socket.write(this.#upgradeRequest())
    })
  }

  /** Opens and waits for the first answer. */
  async openAndSync(): Promise<this> {
    await this.open()
    await this.synced
    return this
  }

  /** Sends one update. */
  sendUpdate(update: Uint8Array): void {
    this.#write(clientFrame(binary, this.wire.update(update)))
  }

  /** Sends many updates in one write, each in a frame of its own. */
  sendUpdates(updates: readonly Uint8Array[]): void {
    this.#write(Buffer.concat(updates.map(update => clientFrame(binary, this.wire.update(update)))))
  }

  /** Bytes handed to the socket that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#socket?.writableLength ?? 0
  }

  /** Ends the connection at once and hears no more of it. */
  close(): void {
    this.#closedByUs = true
    clearInterval(this.#beats)
    this.#socket?.destroy()
  }

  onServerStateVector(_bytes: Buffer, start: number, end: number): void {
    // A server that already holds something was given it by a client with the same content, in these scenarios.
    const update = end - start > 1 && !this.alwaysAnswers ? emptyUpdate : this.held
    const answer = this.wire.answer(update)
    if (answer !== undefined) this.#write(clientFrame(binary, answer))
  }

  onSyncAnswer(bytes: Buffer, start: number, end: number): void {
    this.listenSyncAnswer(bytes, start, end)
    this.#synced?.()
    this.#synced = undefined
  }

  onUpdate(bytes: Buffer, start: number, end: number): void {
    this.listenUpdate(bytes, start, end)
  }

  onDurable(counter: number): void {
    this.listenDurable(counter)
  }

  reply(message: Uint8Array): void {
    this.#write(clientFrame(binary, message))
  }

  #write(bytes: Uint8Array): void {
    this.bytesOut += bytes.length
    this.#socket?.write(bytes)
  }

  #upgradeRequest(): string {
    const { host, port } = this.#target
    const lines = [
      `GET ${this.#dialect.path(this.document)} HTTP/1.1`,
      `Host: ${host}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ]
    if (this.#dialect.subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${this.#dialect.subprotocol}`)
    return `${lines.join('\r\n')}\r\n\r\n`
  }

  #read(bytes: Buffer, length: number): void {
    this.bytesIn += length
    if (this.#open !== undefined) {
      const rest = this.#readHead(bytes, length)
      if (rest < length) this.#frames.push(bytes, rest, length)
    } else {
      this.#frames.push(bytes, 0, length)
    }
    this.listenChunkEnd()
  }

  /** Reads the answer to the upgrade; returns where frames begin in this chunk. */
  #readHead(bytes: Buffer, length: number): number {
    const before = this.#head.length
    this.#head += bytes.toString('latin1', 0, length)
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return length
    if (!this.#head.startsWith('HTTP/1.1 101')) {
      this.#ended(`upgrade refused: ${this.#head.slice(0, 60)}`)
      return length
    }
    const opened = this.#open
    this.#open = undefined
    const opening = this.wire.opening(this.stateVector).map(message => clientFrame(binary, message))
    this.#write(Buffer.concat(opening))
    this.#head = ''
    this.#startBeating()
    opened?.()
    return end + 4 - before
  }

  #startBeating(): void {
    const { beatMs } = this.wire
    if (beatMs === undefined) return
    this.#beats = setInterval(() => {
      const beat = this.wire.beat?.()
      if (beat !== undefined) this.#write(clientFrame(binary, beat))
    }, beatMs)
  }

  #frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === binary) this.wire.read(this, bytes, start, end)
    else if (opcode === ping) this.#write(clientFrame(pong, bytes.subarray(start, end)))
    else if (opcode === closing) {
      const code = end - start >= 2 ? bytes.readUInt16BE(start) : 1005
      this.#ended(`close ${code} ${bytes.toString('utf8', start + 2, end)}`)
    }
  }

  #ended(reason: string): void {
    if (this.#closedByUs) return
    this.close()
    if (this.#open !== undefined) this.#failed?.(new Error(`${this.document}: ${reason}`))
    else this.listenLost(reason)
  }
}

function nothing(): void {}
