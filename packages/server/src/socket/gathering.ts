const nothing = Buffer.alloc(0)

/** Bytes that come in parts. Memory is at most twice what has come, in however small parts. */
export class Gathering {
  #bytes: Buffer = nothing
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Everything so far: a view, until more is added. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  add(part: Uint8Array): void {
    const length = this.#length + part.length
    if (length > this.#bytes.length) {
      // Not from the pool: a few bytes that stay would keep a whole slab.
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#length))
      grown.set(this.bytes)
      this.#bytes = grown
    }
    this.#bytes.set(part, this.#length)
    this.#length = length
  }

  /** Gives up what was gathered; who holds `bytes` keeps them. */
  clear(): void {
    this.#bytes = nothing
    this.#length = 0
  }
}
