import { encodeUtf8 } from 'lib0/string'
import { varintLength, writeVarint } from './bytes.ts'

/** Writes lib0's encoding into bytes that grow. */
export class ByteWriter {
  #bytes: Uint8Array
  #at = 0

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity)
  }

  byte(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#at++] = value
    return this
  }

  uint(value: number): this {
    this.#reserve(varintLength(value))
    this.#at = writeVarint(this.#bytes, this.#at, value)
    return this
  }

  /** Bytes with their length before them. */
  block(bytes: Uint8Array): this {
    this.uint(bytes.length)
    return this.raw(bytes)
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
    return this
  }

  string(text: string): this {
    return this.block(encodeUtf8(text))
  }

  /** What was written, borrowed. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#at + more, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
  }
}
