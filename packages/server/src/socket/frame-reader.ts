import { isUtf8 } from 'node:buffer'
import { opcodes } from '../runtime/frame.ts'
import { Gathering } from './gathering.ts'

/** Close codes of the protocol itself (RFC 6455, 7.4.1). */
export const closeCodes = { none: 1005, protocol: 1002, text: 1007, tooLarge: 1009 } as const

/** More pieces than any client makes of one message. */
const mostPieces = 1_024

/** What a reader tells. Bytes are only lent: they are overwritten and shared after the call. */
export interface FrameSink {
  /** One whole message, however many pieces it came in. */
  message(bytes: Buffer, isBinary: boolean): void
  ping(payload: Buffer): void
  /** The other side closes, with this code. Nothing is told after it. */
  closing(code: number): void
  /** The other side does not keep to the protocol, or to the limit. Nothing is told after it. */
  broken(code: number, why: string): void
}

/**
 * Reads what a client sends on a WebSocket without extensions (RFC 6455, 5): strict, and never holding more than twice
 * what has really come. Frames that lie in one chunk, as nearly all do, are unmasked where they are.
 */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #maxBytes: number
  /** The beginning of a frame whose rest has not come. */
  readonly #part = new Gathering()
  /** A message that comes in pieces: what it is, and what there is of it. */
  readonly #message = new Gathering()
  #opcode: number = opcodes.continuation
  #pieces = 0
  #isDone = false

  /** A message may be `maxBytes` long; what announces more is not waited for. */
  constructor(maxBytes: number, sink: FrameSink) {
    this.#maxBytes = maxBytes
    this.#sink = sink
  }

  /** Takes what the socket gave, in whatever portions. The chunk is the reader's from now on. */
  read(chunk: Buffer): void {
    if (this.#part.length === 0) return this.#keep(chunk, this.#readFrames(chunk))
    this.#part.add(chunk)
    const { bytes } = this.#part
    const used = this.#readFrames(bytes)
    if (used === 0) return
    this.#part.clear()
    this.#keep(bytes, used)
  }

  #keep(bytes: Buffer, from: number): void {
    if (!this.#isDone && from < bytes.length) this.#part.add(bytes.subarray(from))
  }

  /** Reads the whole frames at the beginning of `bytes`; returns where they end. */
  #readFrames(bytes: Buffer): number {
    let at = 0
    while (!this.#isDone) {
      const used = this.#readFrame(bytes, at)
      if (used === 0) break
      at += used
    }
    return at
  }

  /** Reads one frame; returns its length, 0 when it is not whole or not allowed. */
  #readFrame(bytes: Buffer, at: number): number {
    const left = bytes.length - at
    if (left < 2) return 0
    const first = bytes[at] as number
    const second = bytes[at + 1] as number
    const fault = this.#faultOf(first, second)
    if (fault !== null) return this.#break(closeCodes.protocol, fault)
    let length = second & 0x7f
    let start = at + 6
    if (length === 126) {
      if (left < 4) return 0
      length = bytes.readUInt16BE(at + 2)
      start = at + 8
    } else if (length === 127) {
      if (left < 10) return 0
      length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6)
      start = at + 14
    }
    if (this.#message.length + length > this.#maxBytes)
      return this.#break(closeCodes.tooLarge, 'the message is too large')
    const end = start + length
    if (bytes.length < end) return 0
    unmask(bytes, start, end)
    this.#take(first, bytes.subarray(start, end))
    return end - at
  }

  /** What the first two bytes of a frame may not say. */
  #faultOf(first: number, second: number): string | null {
    const opcode = first & 0x0f
    const isLast = first >= 0x80
    if ((first & 0x70) !== 0) return 'reserved bits are set'
    if (second < 0x80) return 'a client masks its frames'
    if (opcode >= opcodes.close) {
      if (opcode > opcodes.pong) return 'an unknown kind of frame'
      return isLast && (second & 0x7f) < 126 ? null : 'a control frame is short and in one piece'
    }
    if (opcode > opcodes.binary) return 'an unknown kind of frame'
    const isUnderWay = this.#opcode !== opcodes.continuation
    return isUnderWay === (opcode === opcodes.continuation) ? null : 'a piece that belongs to no message'
  }

  #take(first: number, payload: Buffer): void {
    const opcode = first & 0x0f
    if (opcode >= opcodes.close) return this.#control(opcode, payload)
    const isLast = first >= 0x80
    if (isLast && opcode !== opcodes.continuation) return this.#sink.message(payload, opcode === opcodes.binary)
    if (opcode !== opcodes.continuation) this.#opcode = opcode
    if (++this.#pieces > mostPieces) return void this.#break(closeCodes.tooLarge, 'too many pieces')
    this.#message.add(payload)
    if (!isLast) return
    const { bytes } = this.#message
    const isBinary = this.#opcode === opcodes.binary
    this.#message.clear()
    this.#opcode = opcodes.continuation
    this.#pieces = 0
    this.#sink.message(bytes, isBinary)
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) return this.#sink.ping(payload)
    if (opcode === opcodes.pong) return
    const code = payload.length === 0 ? closeCodes.none : payload.length === 1 ? 0 : payload.readUInt16BE(0)
    if (payload.length > 0 && !mayBeSaid(code))
      return void this.#break(closeCodes.protocol, 'a close code nobody may send')
    if (!isUtf8(payload.subarray(2))) return void this.#break(closeCodes.text, 'a reason that is no text')
    this.#isDone = true
    this.#sink.closing(code)
  }

  #break(code: number, why: string): 0 {
    this.#isDone = true
    this.#sink.broken(code, why)
    return 0
  }
}

function unmask(bytes: Buffer, start: number, end: number): void {
  const mask = start - 4
  for (let i = start; i < end; i++) bytes[i] = (bytes[i] as number) ^ (bytes[mask + ((i - start) & 3)] as number)
}

/** Codes that may stand in a frame: those of the protocol that mean something there, of libraries, and of applications. */
function mayBeSaid(code: number): boolean {
  if (code >= 3000) return code < 5000
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)
}
