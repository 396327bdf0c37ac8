import { noBytes } from '@tutti/core'

/** Bytes that grow. */
export class FileContent {
  #bytes: Uint8Array = noBytes
  #length = 0

  get length(): number {
    return this.#length
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  become(other: FileContent): void {
    this.#bytes = other.copy()
    this.#length = other.length
  }

  /** What lies between the end and `position` becomes zeros. */
  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, position)
    this.#length = Math.max(this.#length, end)
  }

  /** Cuts it, or fills it up with zeros. */
  truncate(length: number): void {
    if (length > this.#length) this.write(new Uint8Array(length - this.#length), this.#length)
    this.#bytes.fill(0, length, this.#length)
    this.#length = length
  }

  flip(at: number, bits: number): void {
    this.#bytes[at] = (this.#bytes[at] as number) ^ bits
  }
}
