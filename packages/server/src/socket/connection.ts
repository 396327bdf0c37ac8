import type { Duplex } from 'node:stream'
import { type Clock, protocolLimits } from '@tutti/core'
import type { Session } from '../session/session.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import type { WsPeer } from './ws-peer.ts'

/** One WebSocket: its messages go to its session, what the protocol itself asks for is answered here. */
export class Connection implements FrameSink {
  readonly peer: WsPeer
  /** `null` for one that was refused, and only has to be closed. */
  readonly session: Session | null
  readonly #reader: FrameReader
  readonly #clock: Clock

  constructor(peer: WsPeer, session: Session | null, clock: Clock) {
    this.peer = peer
    this.session = session
    this.#clock = clock
    this.#reader = new FrameReader(protocolLimits.maxMessageBytes, this)
  }

  /** Reads the socket until it ends; `ended` hears when it is gone. */
  listen(socket: Duplex, ended: () => void): void {
    socket.on('data', (chunk: Buffer) => this.read(chunk))
    socket.on('drain', () => this.session?.drained())
    socket.on('end', () => this.peer.end())
    socket.on('close', ended)
  }

  /** What the socket gave. */
  read(chunk: Buffer): void {
    this.peer.heardTicks = this.#clock.ticks()
    this.#reader.read(chunk)
  }

  message(bytes: Buffer, isBinary: boolean): void {
    if (this.peer.isClosing) return
    if (isBinary) this.session?.receive(bytes)
    else this.peer.close('bad-message', 'messages are binary')
  }

  ping(payload: Buffer): void {
    this.peer.pong(payload)
  }

  closing(code: number): void {
    this.peer.answerClose(code)
  }

  broken(code: number, why: string): void {
    this.peer.broken(code, why)
  }
}
