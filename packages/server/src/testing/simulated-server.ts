import {
  beatMs,
  type DocName,
  foldUpdate,
  type Millis,
  parseDocName,
  silenceMs,
  subprotocol,
  type UpdateLog,
} from '@tutti/core'
import type { SimulatedMachine, SimulatedNetwork, WireEnd } from '@tutti/core/testing'
import type { Folder } from '../compaction/folder.ts'
import { Sweep } from '../compaction/sweep.ts'
import type { Authorize } from '../access/authorize.ts'
import { Door } from '../access/door.ts'
import { Revocations } from '../access/revocations.ts'
import { House } from '../room/house.ts'
import type { Logger } from '../runtime/logger.ts'
import { NativeSession } from '../session/native-session.ts'
import type { Session, SessionContext } from '../session/session.ts'
import { StockSession } from '../session/stock-session.ts'
import { SimulatedPeer } from './simulated-peer.ts'

/** Hears what goes over the wires, for whoever checks it. */
export interface WireTap {
  /** A connection said this, before the server looks at it. `connection` counts them. */
  heard(connection: number, dialect: Session['dialect'], doc: DocName | null, message: Uint8Array): void
  /** The server says this, before it leaves. */
  said(connection: number, dialect: Session['dialect'], doc: DocName | null, message: Uint8Array): void
}

export interface SimulatedServerOptions {
  readonly name: string
  readonly machine: SimulatedMachine
  readonly network: SimulatedNetwork
  readonly log: UpdateLog
  readonly logger: Logger
  readonly authorize: Authorize
  readonly idleMs: Millis
  readonly sweepMs: Millis
  readonly compactAfterEntries: number
  readonly highWaterBytes: number
  readonly tap: WireTap
}

interface Connection {
  readonly peer: SimulatedPeer
  readonly session: Session
}

const livenessMs: Millis = 5_000

/** The relay as `createServer` puts it together, on a simulated machine, network and disk. */
export class SimulatedServer {
  readonly house: House
  readonly #options: SimulatedServerOptions
  readonly #sweep: Sweep
  readonly #context: SessionContext
  readonly #connections = new Set<Connection>()
  #count = 0

  constructor(options: SimulatedServerOptions) {
    const { machine, log, logger, idleMs, sweepMs, compactAfterEntries, authorize } = options
    this.#options = options
    this.house = new House({ log, env: machine, logger, idleMs })
    this.#sweep = new Sweep({
      house: this.house,
      folder: foldingHere(machine),
      env: machine,
      logger,
      everyMs: sweepMs,
      afterEntries: compactAfterEntries,
      restoreWindowMs: Number.POSITIVE_INFINITY,
    })
    const revocations = new Revocations(null)
    const door = new Door({ authorize, revocations, env: machine, logger, recheckMs: null })
    this.#context = { house: this.house, door, env: machine, logger, serverId: options.name }
  }

  /** Lets clients in. */
  start(): void {
    const { network, name, machine } = this.#options
    this.#sweep.start()
    this.#lookOver()
    network.listen(name, machine, (end, { url, protocols }) => this.#greet(end, url, protocols))
  }

  /** Stops as a server does that is asked to. Resolves when its store is closed. */
  async stop(): Promise<void> {
    const { network, name, machine, log } = this.#options
    network.unlisten(name, false)
    for (const { session } of Array.from(this.#connections)) session.drain(500, 2_000)
    await Promise.race([
      this.house.settled(),
      new Promise<void>(resolve => {
        machine.timers.after(5_000, resolve)
      }),
    ])
    await this.#sweep.stop()
    for (const { peer } of this.#connections) peer.terminate()
    this.house.close()
    await log.close()
  }

  #greet(end: WireEnd, url: string, protocols: readonly string[]) {
    const { machine, highWaterBytes, tap } = this.#options
    const number = ++this.#count
    const isNative = protocols.includes(subprotocol)
    const dialect = isNative ? 'native' : 'stock'
    const doc = isNative ? null : docOf(url)
    const said = (payload: Uint8Array) => tap.said(number, dialect, doc, payload)
    const peer = new SimulatedPeer({ env: machine, end, highWaterBytes, said })
    const session = isNative
      ? new NativeSession(this.#context, peer)
      : new StockSession(this.#context, peer, doc as DocName, '')
    peer.onReceive(message => {
      tap.heard(number, dialect, doc, message)
      session.receive(message)
    })
    const connection = { peer, session }
    this.#connections.add(connection)
    return {
      opened: () => {},
      received: (bytes: Uint8Array) => peer.received(bytes),
      ponged: () => {
        peer.heardTicks = machine.clock.ticks()
      },
      drained: () => session.drained(),
      closed: () => {
        this.#connections.delete(connection)
        session.ended()
      },
    }
  }

  /** As `SocketServer` does it. */
  #lookOver(): void {
    const { clock, timers } = this.#options.machine
    timers.after(livenessMs, () => {
      const now = clock.ticks()
      for (const { peer, session } of Array.from(this.#connections)) {
        const silence = now - peer.heardTicks
        if (silence > silenceMs) peer.terminate()
        else {
          if (silence > silenceMs / 2) peer.ping()
          if (now - peer.saidTicks > beatMs - livenessMs) session.beat()
        }
      }
      this.#lookOver()
    })
  }
}

function docOf(url: string): DocName {
  const doc = parseDocName(decodeURIComponent(new URL(url).pathname.slice(1)))
  if (!doc.ok) throw new RangeError(doc.error)
  return doc.value
}

/** Folds where it is asked, as long as a worker would take. */
function foldingHere(machine: SimulatedMachine): Folder {
  return {
    fold: bytes =>
      new Promise((resolve, reject) => {
        machine.timers.after(1 + machine.random.int(30), () => {
          try {
            resolve(foldUpdate(bytes))
          } catch (error) {
            reject(error)
          }
        })
      }),
    async close() {},
  }
}
