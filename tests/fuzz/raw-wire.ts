import {
  type ClientMessage,
  decodeServerMessage,
  decodeStockMessage,
  encodeClientMessage,
  encodeStateVector,
  encodeSyncStep1,
  type ServerMessage,
  type StockMessage,
  subprotocol,
} from '@tutti/core'
import { WebSocket } from 'ws'

interface Ended {
  readonly code: number
  readonly reason: string
}

/** A WebSocket that says what it is told, byte by byte, and keeps what it hears until it is asked for. */
export class RawWire<Message> {
  readonly socket: WebSocket
  readonly closed: Promise<Ended>
  readonly heard: Message[] = []
  #waiting: (() => void)[] = []
  #isClosed = false

  constructor(socket: WebSocket, decode: (bytes: Uint8Array) => Message) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('message', (data: Buffer) => {
      this.heard.push(decode(data))
      this.#wake()
    })
    this.closed = new Promise(resolve => {
      socket.on('close', (code, reason) => {
        this.#isClosed = true
        resolve({ code, reason: String(reason) })
        this.#wake()
      })
    })
  }

  send(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frame)
  }

  /** The first message that fits, heard or still to come, taken out. Rejects when the connection ends before. */
  async next<Fit extends Message>(fits: (message: Message) => message is Fit): Promise<Fit> {
    for (;;) {
      const at = this.heard.findIndex(fits)
      if (at >= 0) return this.heard.splice(at, 1)[0] as Fit
      if (this.#isClosed) throw new Error(`the connection ended: ${JSON.stringify(await this.closed)}`)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  async close(): Promise<void> {
    this.socket.terminate()
    await this.closed
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

function opened<Message>(socket: WebSocket, decode: (bytes: Uint8Array) => Message): Promise<RawWire<Message>> {
  return new Promise((resolve, reject) => {
    const wire = new RawWire(socket, decode)
    socket.once('open', () => resolve(wire))
    socket.once('error', reject)
  })
}

export type StockWire = RawWire<StockMessage>
export type NativeWire = RawWire<ServerMessage>

export async function stockWire(wsUrl: string, doc: string): Promise<StockWire> {
  return await opened(new WebSocket(`${wsUrl}/${encodeURIComponent(doc)}`), bytes => {
    const decoded = decodeStockMessage(bytes)
    if (!decoded.ok) throw new Error(decoded.error.message)
    return decoded.value
  })
}

/** What the server holds of a document: its answer to somebody who has nothing. */
export async function storedState(wsUrl: string, doc: string): Promise<Uint8Array> {
  const wire = await stockWire(wsUrl, doc)
  const state = await answerOf(wire)
  await wire.close()
  return state
}

const nothing = encodeSyncStep1(encodeStateVector(new Map()))

/** Asks for everything. The answer comes after whatever was sent before has been looked at. */
export async function answerOf(wire: StockWire): Promise<Uint8Array> {
  wire.send(nothing)
  const { bytes } = await wire.next(message => message.type === 'sync-step-2')
  return bytes.slice()
}

let sessions = 0

/** A native connection past its hello. */
export async function nativeWire(wsUrl: string): Promise<NativeWire> {
  const wire = await opened(new WebSocket(wsUrl, subprotocol), bytes => {
    const decoded = decodeServerMessage(bytes)
    if (!decoded.ok) throw new Error(decoded.error.message)
    return decoded.value
  })
  say(wire, {
    type: 'hello',
    version: 1,
    device: 'fuzz',
    session: `s${process.pid}-${++sessions}`,
    agent: 'fuzz',
    token: '',
  })
  await wire.next(message => message.type === 'welcome')
  return wire
}

export function say(wire: NativeWire, ...messages: readonly ClientMessage[]): void {
  wire.send(...messages.map(encodeClientMessage))
}

/** Opens a document with nothing, and returns its channel. */
export async function openChannel(
  wire: NativeWire,
  doc: string,
  client = 0,
  epoch = '',
): Promise<ServerMessage & { type: 'opened' }> {
  const stateVector = encodeStateVector(new Map())
  say(wire, { type: 'open', request: 1, doc, epoch, position: 0, stateVector, client })
  const answer = await wire.next(message => message.type === 'opened' || message.type === 'open-refused')
  if (answer.type === 'open-refused') throw new Error(`${answer.code}: ${answer.message}`)
  await wire.next(message => message.type === 'state')
  return answer
}
