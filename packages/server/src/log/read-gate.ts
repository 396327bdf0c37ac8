/** Lets many read while the database stays the same, and one change it while nobody reads. */
export class ReadGate {
  #readers = 0
  #closed: Promise<void> | null = null
  #lastLeft: (() => void) | null = null

  /** False while somebody changes the database. */
  get isOpen(): boolean {
    return this.#closed === null
  }

  async read<T>(run: () => Promise<T>): Promise<T> {
    while (this.#closed !== null) await this.#closed
    this.#readers++
    try {
      return await run()
    } finally {
      this.#readers--
      if (this.#readers === 0) this.#lastLeft?.()
    }
  }

  /** Runs when the last reader has left; readers who come meanwhile wait. */
  async exclusively<T>(run: () => Promise<T>): Promise<T> {
    while (this.#closed !== null) await this.#closed
    let reopen = () => {}
    this.#closed = new Promise(resolve => {
      reopen = resolve
    })
    try {
      if (this.#readers > 0) {
        await new Promise<void>(resolve => {
          this.#lastLeft = resolve
        })
      }
      return await run()
    } finally {
      this.#lastLeft = null
      this.#closed = null
      reopen()
    }
  }
}
