import { type DocName, decodeStockMessage, encodeStockUpdate, encodeSyncStep1, encodeSyncStep2 } from '@tutti/core'
import {
  randomEdit,
  SimulatedMachine,
  type SimulatedNetwork,
  type SimulatedTime,
  seededRandom,
  type WireEnd,
} from '@tutti/core/testing'
import * as Y from 'yjs'
import type { Ledger } from './ledger.ts'

export interface StockClientOptions {
  readonly name: string
  readonly doc: DocName
  readonly time: SimulatedTime
  readonly network: SimulatedNetwork
  readonly server: string
  readonly ledger: Ledger
  readonly seed: number
}

/** What a y-websocket client does on the wire, in simulated time. It promises nothing, but has to become equal. */
export class StockClient {
  readonly name: string
  readonly doc: DocName
  readonly ydoc: Y.Doc = new Y.Doc()
  readonly #options: StockClientOptions
  readonly #machine: SimulatedMachine
  #end: WireEnd | null = null
  #isOpen = false
  #waitMs = 100

  constructor(options: StockClientOptions) {
    this.#options = options
    this.name = options.name
    this.doc = options.doc
    this.#machine = new SimulatedMachine({ time: options.time, random: seededRandom(options.seed) })
    this.ydoc.clientID = 1 + seededRandom(options.seed + 1).int(2 ** 32 - 1)
    this.ydoc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'remote') this.#say(encodeStockUpdate(update))
    })
    this.#dial()
  }

  edit(many: number, seed: number): void {
    const random = seededRandom(seed)
    for (let i = 0; i < many; i++) randomEdit(this.ydoc, random)
  }

  #say(message: Uint8Array): void {
    if (this.#isOpen) this.#end?.send(message)
  }

  #dial(): void {
    const { network, name, server, doc, ledger } = this.#options
    const request = { url: `ws://relay/${encodeURIComponent(doc)}`, protocols: [] }
    let heard = this.#machine.clock.ticks()
    const end = network.dial(name, this.#machine, server, request, {
      opened: () => {
        this.#isOpen = true
        this.#waitMs = 100
        this.#say(encodeSyncStep1(Y.encodeStateVector(this.ydoc)))
      },
      received: bytes => {
        heard = this.#machine.clock.ticks()
        this.#take(bytes)
      },
      ponged: () => {},
      drained: () => {},
      closed: code => {
        this.#isOpen = false
        if (code >= 4400 && code < 4500) {
          ledger.fail('I9 it goes on', `${name}: an honest client was sent away for good with ${code}`)
          return
        }
        this.#machine.timers.after(this.#waitMs, () => this.#dial())
        this.#waitMs = Math.min(2_500, this.#waitMs * 2)
      },
    })
    this.#end = end
    // It hangs up when it hears nothing.
    const look = () => {
      if (end.isClosed || this.#end !== end) return
      if (this.#machine.clock.ticks() - heard > 30_000) end.terminate()
      this.#machine.timers.after(3_000, look)
    }
    look()
  }

  #take(bytes: Uint8Array): void {
    const decoded = decodeStockMessage(bytes)
    if (!decoded.ok) throw new Error(decoded.error.message)
    const message = decoded.value
    if (message.type === 'sync-step-1')
      this.#say(encodeSyncStep2(Y.encodeStateAsUpdate(this.ydoc, message.stateVector)))
    else if (message.type === 'sync-step-2' || message.type === 'update')
      Y.applyUpdate(this.ydoc, message.bytes, 'remote')
  }
}
