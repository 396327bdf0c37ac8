import type { Duplex } from 'node:stream'
import { type Env, type ErrorCode, errorKinds, type Millis } from '@tutti/core'
import { frame, opcodes } from '../runtime/frame.ts'
import type { Peer } from '../session/session.ts'
import { closeCodes } from './frame-reader.ts'

/** Bytes buffered for a peer that does not read, before it is simply not written to. */
const highWaterBytes = 256 * 1024
/** Even acknowledgements and presence pile up for one that never reads: past this it is cut off. */
const mostBytes = 1024 * 1024
/** How long a challenged peer has to answer. */
const challengeMs: Millis = 2_000
/** How long a peer has to close its side. */
const lingerMs: Millis = 2_000
/** A reason shares a control frame of 125 bytes with its code. */
const mostReason = 120

const pingFrame = frame(Buffer.alloc(0), opcodes.ping)

/** The writing end of a WebSocket, as sessions see it. Frames are built once and written to many sockets as they are. */
export class WsPeer implements Peer {
  readonly #socket: Duplex
  readonly #env: Env
  /** Ticks of the last sign of life from the other side, and of the last word from this one. */
  heardTicks: number
  saidTicks: number
  #isClosing = false
  #isChallenged = false

  constructor(socket: Duplex, env: Env) {
    this.#socket = socket
    this.#env = env
    this.heardTicks = env.clock.ticks()
    this.saidTicks = this.heardTicks
  }

  get hasRoom(): boolean {
    return this.#socket.writableLength < highWaterBytes
  }

  /** This side has said its last word, or was cut off: nothing that still comes is for a session. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  write(frames: Uint8Array): void {
    this.saidTicks = this.#env.clock.ticks()
    this.#put(frames)
  }

  close(code: ErrorCode, message: string): void {
    this.#close(errorKinds[code].closeCode, `${code}: ${message}`.slice(0, mostReason).replace(/[^\x20-\x7e]/g, '?'))
  }

  fail(code: ErrorCode, message: string): void {
    this.close(code, message)
  }

  /** The other side broke the protocol: nothing it says is waited for. */
  broken(code: number, why: string): void {
    this.#close(code, why)
    this.#socket.end()
  }

  /** The other side closes: its own code goes back to it, unless this side had closed before. */
  answerClose(code: number): void {
    if (!this.#isClosing) this.#put(closeFrame(code, ''))
    this.end()
  }

  /** Ends this side of the socket, behind everything that was written. */
  end(): void {
    this.#isClosing = true
    this.#socket.end()
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

  // Neither is a word said: what runs in a browser sees messages only, and waits for those.

  ping(): void {
    this.#put(pingFrame)
  }

  pong(payload: Uint8Array): void {
    this.#put(frame(payload, opcodes.pong))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  terminate(): void {
    this.#isClosing = true
    this.#socket.destroy()
  }
  #put(frames: Uint8Array): void {
    if (this.#isClosing || !this.#socket.writable) return
    this.#socket.write(frames)
    if (this.#socket.writableLength > mostBytes + frames.length) this.terminate()
  }

  #close(code: number, reason: string): void {
    if (this.#isClosing) return
    this.#put(closeFrame(code, reason))
    this.#isClosing = true
    this.#env.timers.after(lingerMs, () => this.terminate())
  }
}

/** `reason` in ASCII. Without a code nothing is said. */
function closeFrame(code: number, reason: string): Buffer {
  const isBare = code === closeCodes.none
  const payload = Buffer.from(isBare ? '' : `\0\0${reason}`, 'latin1')
  if (!isBare) payload.writeUInt16BE(code)
  return frame(payload, opcodes.close)
}
