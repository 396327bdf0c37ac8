import {
  decodeServerMessage,
  decodeStockMessage,
  type ErrorCode,
  type ServerMessage,
  type StockMessage,
} from '@tutti/core'
import type { Peer } from '../session/session.ts'

/** The other end of a connection, in memory: it remembers every frame, and reads them as the dialect says. */
export class FakePeer implements Peer {
  /** Every frame as it was written: the very object. */
  readonly frames: Uint8Array[] = []
  hasRoom = true
  /** Loses its room after so many frames more. */
  roomForFrames: number = Number.POSITIVE_INFINITY
  closed: { readonly code: ErrorCode; readonly message: string } | null = null
  challenges = 0
  paused = 0
  /** Called with each frame while it is being written: a peer that answers at once. */
  onWrite: ((frame: Uint8Array) => void) | null = null
  #read = 0

  write(frame: Uint8Array): void {
    if (this.closed !== null) return
    this.frames.push(frame)
    if (--this.roomForFrames <= 0) this.hasRoom = false
    this.onWrite?.(frame)
  }

  close(code: ErrorCode, message: string): void {
    this.closed ??= { code, message }
  }

  fail(code: ErrorCode, message: string): void {
    this.close(code, message)
  }

  challenge(): void {
    this.challenges++
  }

  pause(): void {
    this.paused++
  }

  resume(): void {
    this.paused--
  }

  /** Frames written since the last call of this or of `messages` or `stock`. */
  news(): readonly Uint8Array[] {
    const from = this.#read
    this.#read = this.frames.length
    return this.frames.slice(from)
  }

  /** The news, as native messages. */
  messages(): readonly ServerMessage[] {
    return this.news().map(readNative)
  }

  /** The news, as stock messages. */
  stock(): readonly StockMessage[] {
    return this.news().map(readStock)
  }
}

/** What a server frame carries. */
export function payloadOf(frame: Uint8Array): Uint8Array {
  const length = (frame[1] as number) & 127
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10)
}

export function readNative(frame: Uint8Array): ServerMessage {
  const decoded = decodeServerMessage(payloadOf(frame))
  if (!decoded.ok) throw new Error(decoded.error.message)
  return decoded.value
}

export function readStock(frame: Uint8Array): StockMessage {
  const decoded = decodeStockMessage(payloadOf(frame))
  if (!decoded.ok) throw new Error(decoded.error.message)
  return decoded.value
}
