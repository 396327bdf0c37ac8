/** Says how far long work is: on standard error, on one line, and only to a terminal. */
export class Progress {
  readonly #what: string
  #count = 0

  constructor(what: string) {
    this.#what = what
  }

  step(): void {
    this.#count++
    if (process.stderr.isTTY && this.#count % 1_000 === 0) process.stderr.write(`\r${this.#count} ${this.#what}`)
  }

  /** Takes the line away. */
  end(): void {
    if (process.stderr.isTTY && this.#count >= 1_000) process.stderr.write('\r\u001b[K')
  }
}
