/**
 * Cuts a TCP byte stream into WebSocket frames without copying: several frames per segment are the normal case here,
 * so only a frame that straddles two segments is put together in a side buffer.
 */

/** Receives one whole server frame. The bytes are only valid during the call. */
export type FrameListener = (opcode: number, bytes: Buffer, start: number, end: number) => void

export class FrameReader {
  readonly #listener: FrameListener
  #carry: Buffer = Buffer.allocUnsafe(256)
  #carried = 0

  constructor(listener: FrameListener) {
    this.#listener = listener
  }

  /** Takes `length` bytes of `chunk`, starting at `from`. */
  push(chunk: Buffer, from: number, length: number): void {
    let at = from
    if (this.#carried > 0) {
      at = this.#finishCarried(chunk, from, length)
      if (at < 0) return
    }
    while (at < length) {
      if (length - at < 2) break
      const opcode = chunk[at]! & 0x0f
      const short = chunk[at + 1]!
      let start = at + 2
      let end: number
      if (short < 126) {
        end = start + short
      } else if (short === 126) {
        start = at + 4
        if (start > length) break
        end = start + chunk.readUInt16BE(at + 2)
      } else {
        start = at + 10
        if (start > length) break
        end = start + Number(chunk.readBigUInt64BE(at + 2))
      }
      if (end > length) break
      this.#listener(opcode, chunk, start, end)
      at = end
    }
    if (at < length) this.#keep(chunk, at, length)
  }

  /** Completes the carried frame. Returns where the next one begins, or -1 when the chunk was not enough. */
  #finishCarried(chunk: Buffer, from: number, length: number): number {
    let at = from
    let size = this.#carriedSize()
    while (size < 0) {
      if (at === length) return -1
      this.#keep(chunk, at, at + 1)
      at += 1
      size = this.#carriedSize()
    }
    const take = Math.min(size - this.#carried, length - at)
    this.#reserve(size)
    chunk.copy(this.#carry, this.#carried, at, at + take)
    this.#carried += take
    at += take
    if (this.#carried < size) return -1
    const carry = this.#carry
    this.#carried = 0
    this.#listener(carry[0]! & 0x0f, carry, headerBytes(carry), size)
    return at
  }

  #carriedSize(): number {
    const carry = this.#carry
    if (this.#carried < 2) return -1
    const header = headerBytes(carry)
    if (this.#carried < header) return -1
    if (header === 2) return 2 + carry[1]!
    if (header === 4) return 4 + carry.readUInt16BE(2)
    return 10 + Number(carry.readBigUInt64BE(2))
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    this.#reserve(this.#carried + to - from)
    chunk.copy(this.#carry, this.#carried, from, to)
    this.#carried += to - from
  }

  #reserve(size: number): void {
    if (size <= this.#carry.length) return
    const grown = Buffer.allocUnsafe(Math.max(size, this.#carry.length * 2))
    this.#carry.copy(grown, 0, 0, this.#carried)
    this.#carry = grown
  }
}

function headerBytes(frame: Buffer): number {
  const short = frame[1]!
  return short < 126 ? 2 : short === 126 ? 4 : 10
}

/** Bytes that a client frame adds before a payload of that length: header and an all-zero mask. */
export function clientFrameOverhead(length: number): number {
  return (length < 126 ? 2 : length < 65_536 ? 4 : 10) + 4
}

/**
 * Writes the head of a client frame and returns where the payload goes. The mask is zero, which is a mask the
 * standard allows and which leaves the payload as it is; the server unmasks it at the same cost as any other.
 */
export function writeClientFrameHead(target: Buffer, at: number, opcode: number, length: number): number {
  target[at] = 0x80 | opcode
  let next = at + 2
  if (length < 126) {
    target[at + 1] = 0x80 | length
  } else if (length < 65_536) {
    target[at + 1] = 0x80 | 126
    target.writeUInt16BE(length, at + 2)
    next = at + 4
  } else {
    target[at + 1] = 0x80 | 127
    target.writeBigUInt64BE(BigInt(length), at + 2)
    next = at + 10
  }
  target.writeUInt32BE(0, next)
  return next + 4
}

/** One whole client frame around a payload. */
export function clientFrame(opcode: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(clientFrameOverhead(payload.length) + payload.length)
  frame.set(payload, writeClientFrameHead(frame, 0, opcode, payload.length))
  return frame
}
