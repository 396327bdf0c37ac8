import { type Env, type ErrorCode, errorKinds, type Millis } from '@tutti/core'
import type { WireEnd } from '@tutti/core/testing'
import type { Peer } from '../session/session.ts'
import { payloadsOf } from './payloads.ts'

export interface SimulatedPeerOptions {
  readonly env: Env
  readonly end: WireEnd
  /** Bytes under way, from which on it has no room. */
  readonly highWaterBytes: number
  /** Told of every message before it leaves. */
  readonly said: (payload: Uint8Array) => void
}

const challengeMs: Millis = 2_000

/** The server's end of a simulated connection, with the manners of `WsPeer`. */
export class SimulatedPeer implements Peer {
  heardTicks: Millis
  saidTicks: Millis
  readonly #options: SimulatedPeerOptions
  #paused: Uint8Array[] | null = null
  #isClosing = false
  #isChallenged = false
  #receive: (message: Uint8Array) => void = () => {}

  constructor(options: SimulatedPeerOptions) {
    this.#options = options
    this.heardTicks = options.env.clock.ticks()
    this.saidTicks = this.heardTicks
  }

  get hasRoom(): boolean {
    return this.#options.end.waitingBytes < this.#options.highWaterBytes
  }

  onReceive(call: (message: Uint8Array) => void): void {
    this.#receive = call
  }

  received(message: Uint8Array): void {
    this.heardTicks = this.#options.env.clock.ticks()
    if (this.#paused === null) this.#receive(message)
    else this.#paused.push(message)
  }

  write(frames: Uint8Array): void {
    if (this.#isClosing) return
    this.saidTicks = this.#options.env.clock.ticks()
    for (const payload of payloadsOf(frames)) {
      this.#options.said(payload)
      this.#options.end.send(payload)
    }
  }

  close(code: ErrorCode, message: string): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#options.end.close(errorKinds[code].closeCode, `${code}: ${message}`)
  }

  fail(code: ErrorCode, message: string): void {
    this.close(code, message)
  }

  challenge(): void {
    if (this.#isChallenged) return
    this.#isChallenged = true
    const { clock, timers } = this.#options.env
    const asked = clock.ticks()
    this.#options.end.ping()
    timers.after(challengeMs, () => {
      this.#isChallenged = false
      if (this.heardTicks < asked) this.terminate()
    })
  }

  ping(): void {
    if (!this.#isClosing) this.#options.end.ping()
  }

  pause(): void {
    this.#paused ??= []
  }

  resume(): void {
    const waiting = this.#paused ?? []
    this.#paused = null
    for (const message of waiting) this.received(message)
  }

  terminate(): void {
    this.#isClosing = true
    this.#options.end.terminate()
  }
}
