import { decodeUtf8 } from 'lib0/string'
import { noBytes } from './bytes.ts'

/**
 * Reads lib0's encoding from untrusted bytes: never throws, never loops past the end. The first fault sticks in
 * `fault`; every read after it returns 0 and moves nothing, so callers may check once per struct.
 */
export class ByteCursor {
  bytes: Uint8Array
  at: number
  end: number
  fault: string | null = null
  /** Whether the fault is a limit passed rather than bytes that mean nothing. */
  exceeded = false
  /** JSON values stepped over so far. */
  jsonValues = 0

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  /** Points the cursor at other bytes; the way to use one cursor for many updates without garbage. */
  reset(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.fault = null
    this.exceeded = false
    this.jsonValues = 0
  }

  fail(why: string): void {
    if (this.fault === null) this.fault = why
    this.at = this.end
  }

  exceed(why: string): void {
    if (this.fault === null) this.exceeded = true
    this.fail(why)
  }

  byte(): number {
    if (this.at >= this.end) {
      this.fail('ends too early')
      return 0
    }
    return this.bytes[this.at++] as number
  }

  /** An unsigned varint of at most 53 bits in at most 8 bytes. */
  uint(): number {
    const { bytes, end } = this
    let at = this.at
    if (at >= end) {
      this.fail('ends too early')
      return 0
    }
    let byte = bytes[at++] as number
    if (byte < 128) {
      this.at = at
      return byte
    }
    let value = byte & 127
    let unit = 128
    for (;;) {
      if (at >= end) {
        this.fail('ends too early')
        return 0
      }
      byte = bytes[at++] as number
      value += (byte & 127) * unit
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) {
          this.fail('a number is too large')
          return 0
        }
        this.at = at
        return value
      }
      unit *= 128
      if (unit > 2 ** 49) {
        this.fail('a number is too long')
        return 0
      }
    }
  }

  skip(length: number): void {
    if (length > this.end - this.at) this.fail('ends too early')
    else this.at += length
  }

  /** A length-prefixed stretch of bytes, borrowed. */
  take(): Uint8Array {
    const length = this.uint()
    const from = this.at
    this.skip(length)
    return this.fault === null ? this.bytes.subarray(from, from + length) : noBytes
  }

  /** Everything left, borrowed. */
  rest(): Uint8Array {
    const from = this.at
    this.at = this.end
    return this.bytes.subarray(from, this.end)
  }

  /** A length-prefixed string of well-formed UTF-8. */
  string(): string {
    try {
      return decodeUtf8(this.take())
    } catch {
      this.fail('a string is not UTF-8')
      return ''
    }
  }
}
