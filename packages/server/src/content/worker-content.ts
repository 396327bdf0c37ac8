import { type Env, type Millis, type Result, systemEnv } from '@tutti/core'
import type { Logger } from '../runtime/logger.ts'
import type { Content, Folded, PatchRequest, SeedRequest } from './content.ts'
import type { ContentRefusal } from './content-refusal.ts'
import { JobThread } from './job-thread.ts'

/** Nobody waits for a fold; somebody waits for everything else. */
const foldMs: Millis = 60_000
const answerMs: Millis = 10_000
const maxMegabytes = 1_024
const maxWaiting = 64

/** Two threads: folding a large document never keeps a reader waiting. Each is started when it is first needed. */
export class WorkerContent implements Content {
  readonly #folding: JobThread
  readonly #answering: JobThread

  constructor(logger: Logger, env: Env = systemEnv, script: URL = new URL('./content-worker.js', import.meta.url)) {
    const shared = { env, logger, script, maxMegabytes }
    this.#folding = new JobThread({ ...shared, budgetMs: foldMs, maxWaiting: Number.POSITIVE_INFINITY })
    this.#answering = new JobThread({ ...shared, budgetMs: answerMs, maxWaiting })
  }

  fold(state: Uint8Array): Promise<Folded> {
    return this.#folding.run('fold', state)
  }

  read(state: Uint8Array): Promise<string> {
    return this.#answering.run('read', state)
  }

  patch(request: PatchRequest): Promise<Result<Uint8Array | null, ContentRefusal>> {
    return this.#answering.run('patch', request)
  }

  seed(request: SeedRequest): Promise<Result<Uint8Array, ContentRefusal>> {
    return this.#answering.run('seed', request)
  }

  async close(): Promise<void> {
    await Promise.all([this.#folding.close(), this.#answering.close()])
  }
}
