import { MemoryLocalLog, Provider, type ProviderOptions, type WebSocketClass, type WebSocketLike } from '@tutti/client'
import { type ClientMessage, decodeClientMessage, type ErrorCode, errorKinds, type ServerMessage } from '@tutti/core'
import { type ManualEnv, seededRandom } from '@tutti/core/testing'
import { onTestFinished } from 'vitest'
import * as Y from 'yjs'
import { NativeSession } from '../../packages/server/src/session/native-session.ts'
import { payloadOf, readNative } from '../../packages/server/src/testing/fake-peer.ts'
import { World, type WorldOptions } from '../../packages/server/src/testing/world.ts'

/** The real server and real clients in one process, in virtual time, with a network in between that can be cut. */
export class Simulation {
  world: World
  isDown = false
  /** The server's side says nothing of its own accord. */
  isSilent = false
  #sinceBeat = 0
  readonly sockets: SimulatedSocket[] = []
  /** What clients said, in order. */
  readonly said: { readonly message: ClientMessage; readonly bytes: number }[] = []
  readonly heard: { readonly message: ServerMessage; readonly bytes: number }[] = []
  readonly urls: string[] = []
  /** Answers given instead of the server's: for a server that refuses connections. */
  refuseWith: { readonly code: number; readonly reason: string } | null = null
  readonly WebSocketPolyfill: WebSocketClass
  readonly env: ManualEnv
  readonly #worlds: World[]

  constructor(options: WorldOptions = {}) {
    this.world = new World(options)
    this.#worlds = [this.world]
    this.env = this.world.env
    this.WebSocketPolyfill = socketsOf(this)
  }

  /** A client with a device of its own, unless given one. */
  client(name: string, options: ProviderOptions & { readonly doc?: Y.Doc } = {}): Provider {
    const { doc = new Y.Doc(), ...rest } = options
    const { env } = this
    const provider = new Provider('ws://simulated', name, doc, {
      WebSocketPolyfill: this.WebSocketPolyfill,
      localLog: this.device(),
      env,
      disableBc: true,
      ...rest,
    })
    onTestFinished(async () => {
      await provider.close()
    })
    return provider
  }

  device(before?: ConstructorParameters<typeof MemoryLocalLog>[0]['before']): MemoryLocalLog {
    return new MemoryLocalLog({ random: seededRandom(7), survives: true, ...(before && { before }) })
  }

  /** Lets everything happen that does not wait for the clock. */
  async settle(): Promise<void> {
    for (let i = 0; i < 6; i++) for (const world of this.#worlds) await world.settle()
  }

  async pass(ms: number): Promise<void> {
    const stepMs = ms > 20_000 ? 1_000 : 250
    for (let left = ms; left > 0; left -= stepMs) {
      for (const world of this.#worlds) {
        world.env.advance(Math.min(stepMs, left))
        await world.settle()
      }
      this.#beatLater(stepMs)
    }
    await this.settle()
  }

  /** As the server's socket does, which is not part of this. */
  #beatLater(ms: number): void {
    this.#sinceBeat += ms
    if (this.isSilent || this.#sinceBeat < 20_000) return
    this.#sinceBeat = 0
    for (const socket of this.sockets) socket.beat()
  }

  /** The network goes: sockets end, and new ones come to nothing until `restore`. */
  async cut(): Promise<void> {
    this.isDown = true
    for (const socket of this.sockets.splice(0)) socket.cut(1006, '')
    await this.settle()
  }

  async restore(): Promise<void> {
    this.isDown = false
    await this.pass(11_000)
  }

  /** The server's machine is replaced by another one. */
  async replaceServer(options: WorldOptions = {}): Promise<void> {
    await this.cut()
    // It has a clock of its own; `#worlds` lets both pass.
    this.world = new World(options)
    this.#worlds.push(this.world)
  }

  saidOf<T extends ClientMessage['type']>(type: T): (ClientMessage & { type: T })[] {
    return this.said.flatMap(({ message }) => (message.type === type ? [message as ClientMessage & { type: T }] : []))
  }
}

/** What a provider is given instead of the browser's WebSocket. */
function socketsOf(simulation: Simulation): WebSocketClass {
  return class extends SimulatedSocket {
    constructor(url: string, protocols?: string[]) {
      super(simulation, url, protocols ?? [])
    }
  }
}

class SimulatedSocket implements WebSocketLike {
  binaryType = 'blob'
  readyState = 0
  readonly bufferedAmount = 0
  onopen: ((event: never) => unknown) | null = null
  onmessage: ((event: never) => unknown) | null = null
  onclose: ((event: never) => unknown) | null = null
  onerror: ((event: never) => unknown) | null = null
  readonly #simulation: Simulation
  #session: NativeSession | null = null

  constructor(simulation: Simulation, url: string, protocols: readonly string[]) {
    this.#simulation = simulation
    simulation.urls.push(`${url} ${protocols.join(',')}`)
    simulation.sockets.push(this)
    this.#soon(() => this.#open())
  }

  #soon(call: () => void): void {
    this.#simulation.env.timers.soon(call)
  }

  #open(): void {
    if (this.readyState !== 0) return
    const { refuseWith, isDown, world } = this.#simulation
    if (isDown) return this.cut(1006, '')
    this.readyState = 1
    if (refuseWith !== null) {
      this.onopen?.({} as never)
      return this.cut(refuseWith.code, refuseWith.reason)
    }
    const deliver = (frame: Uint8Array) => {
      const payload = new Uint8Array(payloadOf(frame))
      this.#soon(() => {
        if (this.readyState !== 1) return
        this.#simulation.heard.push({ message: readNative(frame), bytes: payload.length })
        this.onmessage?.({ data: payload.buffer } as never)
      })
    }
    const close = (code: ErrorCode, message: string) => this.#soon(() => this.cut(errorKinds[code].closeCode, message))
    this.#session = new NativeSession(world.context, {
      hasRoom: true,
      write: deliver,
      close,
      fail: close,
      challenge: () => {},
      pause: () => {},
      resume: () => {},
    })
    this.onopen?.({} as never)
  }

  send(data: Uint8Array): void {
    const bytes = data.slice()
    const decoded = decodeClientMessage(bytes)
    if (decoded.ok) this.#simulation.said.push({ message: decoded.value, bytes: bytes.length })
    this.#soon(() => {
      if (this.readyState === 1) this.#session?.receive(bytes)
    })
  }

  beat(): void {
    if (this.readyState === 1) this.#session?.beat()
  }

  close(): void {
    if (this.readyState === 3) return
    // What was sent before still arrives.
    const session = this.#session
    this.#soon(() => session?.ended())
    this.readyState = 3
  }

  cut(code: number, reason: string): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.#session?.ended()
    this.onclose?.({ code, reason } as never)
  }
}
