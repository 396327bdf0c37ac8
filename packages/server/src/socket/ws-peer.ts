import type { Duplex } from 'node:stream'
import { type Env, type ErrorCode, errorKinds, type Millis } from '@tutti/core'
import type { WebSocket } from 'ws'
import type { Peer } from '../session/session.ts'

/** Bytes buffered for a peer that does not read, before it is simply not written to. */
const highWaterBytes = 256 * 1024
/** Even acknowledgements and presence pile up for one that never reads: past this it is cut off. */
const mostBytes = 1024 * 1024
/** How long a challenged peer has to answer. */
const challengeMs: Millis = 2_000
/** How long a peer has to close its side. */
const lingerMs: Millis = 2_000

/** Hears that this side ends a connection, and why. One for all connections: they are many. */
export type Ending = (peer: WsPeer, code: ErrorCode, why: string) => void

/**
 * A WebSocket as sessions see it. Frames are written to the socket under it: they are built once for many peers. Safe
 * since nothing is compressed, so `ws` keeps no state between frames.
 */
export class WsPeer implements Peer {
  readonly #ws: WebSocket
  readonly #socket: Duplex
  readonly #env: Env
  readonly #ending: Ending
  /** Which connection it is, in the log. */
  readonly number: number
  /** Ticks of the last sign of life from the other side, and of the last word from this one. */
  heardTicks: number
  saidTicks: number
  #isClosing = false
  #isChallenged = false

  constructor(ws: WebSocket, socket: Duplex, env: Env, number = 0, ending: Ending = () => {}) {
    this.#ws = ws
    this.#socket = socket
    this.#env = env
    this.number = number
    this.#ending = ending
    this.heardTicks = env.clock.ticks()
    this.saidTicks = this.heardTicks
  }

  get hasRoom(): boolean {
    return this.#socket.writableLength < highWaterBytes
  }

  write(frames: Uint8Array): void {
    if (this.#isClosing || !this.#socket.writable) return
    this.saidTicks = this.#env.clock.ticks()
    this.#socket.write(frames)
    if (this.#socket.writableLength > mostBytes + frames.length) this.terminate()
  }

  close(code: ErrorCode, message: string): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#ending(this, code, message)
    // Close reasons are at most 123 bytes.
    this.#ws.close(errorKinds[code].closeCode, `${code}: ${message}`.slice(0, 120).replace(/[^\x20-\x7e]/g, '?'))
    this.#env.timers.after(lingerMs, () => this.terminate())
  }

  /** Something was wrong on the wire: `ws` has said so with a close frame of its own, which must get out. */
  broken(): void {
    this.#isClosing = true
    this.#env.timers.after(lingerMs, () => this.terminate())
  }

  fail(code: ErrorCode, message: string): void {
    this.close(code, message)
  }

  challenge(): void {
    if (this.#isChallenged) return
    this.#isChallenged = true
    const asked = this.#env.clock.ticks()
    this.ping()
    this.#env.timers.after(challengeMs, () => {
      this.#isChallenged = false
      if (this.heardTicks < asked) this.terminate()
    })
  }

  ping(): void {
    if (!this.#isClosing && this.#ws.readyState === this.#ws.OPEN) this.#ws.ping()
  }

  pause(): void {
    this.#ws.pause()
  }

  resume(): void {
    this.#ws.resume()
  }

  terminate(): void {
    this.#isClosing = true
    this.#ws.terminate()
  }
}
