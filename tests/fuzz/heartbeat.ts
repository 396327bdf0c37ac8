import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/** What a bystander on another document noticed since it was last asked. */
export interface Felt {
  /** Longest time until a question was answered: the server's event loop, no disk in it. */
  readonly longestAnswerMs: number
  /** Longest time until an edit was seen by a second client, disk included. */
  readonly longestEditMs: number
  /** Edits since it began, and what the second client reads. */
  readonly edits: number
  readonly text: string
}

/** Clients on a document of their own, in a thread of their own: one types, one watches, one asks, all the while. */
export class Heartbeat {
  readonly #worker: Worker

  private constructor(worker: Worker) {
    this.#worker = worker
  }

  /** Call inside a test. */
  static async start(wsUrl: string, doc: string): Promise<Heartbeat> {
    const worker = new Worker(new URL('./heartbeat-thread.js', import.meta.url), { workerData: { wsUrl, doc } })
    onTestFinished(async () => void (await worker.terminate()))
    await once(worker, 'message')
    return new Heartbeat(worker)
  }

  async felt(): Promise<Felt> {
    return await this.#say('felt')
  }

  async stop(): Promise<Felt> {
    return await this.#say('stop')
  }

  async #say(word: 'felt' | 'stop'): Promise<Felt> {
    const answer = once(this.#worker, 'message')
    this.#worker.postMessage(word)
    const [felt] = (await answer) as [Felt]
    return felt
  }
}
