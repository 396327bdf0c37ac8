import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Measures } from '../scenario.ts'
import type { LoadAnswer, LoadRequest } from './generator.ts'

/** The bench's end of the load generator. */
export class Generator {
  readonly #process: ChildProcess

  constructor() {
    this.#process = fork(fileURLToPath(new URL('./generator.js', import.meta.url)), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Keeps what JSON cannot say, such as a percentile of nothing.
      serialization: 'advanced',
    })
  }

  /** Runs one phase. Rejects when it fails or the generator ends. */
  load(request: LoadRequest): Promise<Measures> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the load generator ended'))
      this.#process.once('exit', ended)
      this.#process.once('message', (message: unknown) => {
        this.#process.off('exit', ended)
        const answer = message as LoadAnswer
        if (answer.ok) resolve(answer.measures)
        else reject(new Error(answer.error))
      })
      this.#process.send(request)
    })
  }

  stop(): void {
    if (this.#process.connected) this.#process.disconnect()
  }
}
