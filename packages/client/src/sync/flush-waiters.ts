import { type Failure, TuttiError } from '@tutti/core'

/** Those who wait for everything to be on the server's disk. */
export class FlushWaiters {
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []

  wait(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  settle(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  reject({ code, message }: Failure): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new TuttiError(code, message))
  }
}
