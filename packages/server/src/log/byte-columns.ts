/** More than this is given back when a column is cleared. */
const keptBytes = 1024 * 1024

/** A growing run of bytes: one column of a history segment, or the payload of a record in the making. */
export class ByteColumn {
  #bytes = new Uint8Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  put(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#length++] = value
  }

  varint(value: number): void {
    this.#room(9)
    while (value > 127) {
      this.#bytes[this.#length++] = (value % 128) | 128
      value = Math.floor(value / 128)
    }
    this.#bytes[this.#length++] = value
  }

  /** Small magnitudes of either sign in few bytes. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  clear(): void {
    this.#length = 0
    if (this.#bytes.length > keptBytes) this.#bytes = new Uint8Array(256)
  }

  #room(more: number) {
    if (this.#length + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#length + more, this.#bytes.length * 2))
    grown.set(this.bytes())
    this.#bytes = grown
  }
}

/** Reads what a `ByteColumn` wrote. Past its end it gives zeros and says so in `failed`. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0
  failed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Uint8Array {
    if (length > this.left) {
      this.failed = true
      return this.#bytes.subarray(0, 0)
    }
    const part = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return part
  }

  byte(): number {
    const value = this.#bytes[this.#at++]
    if (value !== undefined) return value
    this.failed = true
    return 0
  }

  varint(): number {
    let value = 0
    let unit = 1
    while (unit < 2 ** 56) {
      const byte = this.byte()
      value += (byte & 127) * unit
      if (byte < 128) return value
      unit *= 128
    }
    this.failed = true
    return 0
  }

  signed(): number {
    const value = this.varint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
}
