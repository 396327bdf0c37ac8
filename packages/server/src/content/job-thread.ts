import { Worker } from 'node:worker_threads'
import { type Env, type Millis, TuttiError } from '@tutti/core'
import type { Logger } from '../runtime/logger.ts'
import type { ContentJobKind, ContentJobs } from './content-jobs.ts'

export interface JobThreadOptions {
  readonly env: Env
  readonly logger: Logger
  readonly script: URL
  /** What one job may take before its worker is ended. */
  readonly budgetMs: Millis
  readonly maxMegabytes: number
  /** Jobs that may wait; more are refused `too-many`. */
  readonly maxWaiting: number
}

interface Job {
  readonly id: number
  readonly kind: ContentJobKind
  readonly input: unknown
  readonly resolve: (output: unknown) => void
  readonly reject: (error: Error) => void
}

interface Answer {
  readonly id: number
  readonly output?: unknown
  /** Why there is no output. */
  readonly error?: string
}

/** One worker thread, one job at a time, in the order of the calls; a job over its budget ends the worker, and only that job fails. */
export class JobThread {
  readonly #options: JobThreadOptions
  readonly #waiting: Job[] = []
  #worker: Worker | null = null
  #job: Job | null = null
  #cancel: (() => void) | null = null
  #ids = 0
  #isClosed = false

  constructor(options: JobThreadOptions) {
    this.#options = options
  }

  run<Kind extends ContentJobKind>(
    kind: Kind,
    input: ContentJobs[Kind]['input'],
  ): Promise<ContentJobs[Kind]['output']> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new TuttiError('draining', 'the server is stopping')
      if (this.#waiting.length >= this.#options.maxWaiting) {
        throw new TuttiError('too-many', 'too many documents are being read or changed; come again soon')
      }
      // The worker answers a job with the output of its kind.
      const answer = resolve as (output: unknown) => void
      this.#waiting.push({ id: ++this.#ids, kind, input, resolve: answer, reject })
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const worker = this.#worker
    this.#worker = null
    const stopping = new TuttiError('draining', 'the server is stopping')
    for (const { reject } of this.#waiting.splice(0)) reject(stopping)
    this.#end(job => job.reject(stopping))
    await worker?.terminate()
  }

  #next(): void {
    if (this.#job !== null) return
    const job = this.#waiting.shift()
    if (job === undefined) return
    const { env, budgetMs } = this.#options
    const worker = this.#open()
    this.#job = job
    this.#cancel = env.timers.after(budgetMs, () => this.#fail(worker, `it took longer than ${budgetMs} ms`))
    worker.postMessage({ id: job.id, kind: job.kind, input: job.input })
  }

  #open(): Worker {
    if (this.#worker !== null) return this.#worker
    const { script, maxMegabytes } = this.#options
    const worker = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: maxMegabytes } })
    worker.on('message', (answer: Answer) => {
      if (this.#job?.id !== answer.id) return
      this.#end(job => {
        if (answer.error === undefined) job.resolve(answer.output)
        else job.reject(new TuttiError('internal', answer.error))
      })
    })
    worker.on('error', error => this.#fail(worker, error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => this.#fail(worker, 'the worker ended'))
    worker.unref()
    this.#worker = worker
    return worker
  }

  #fail(worker: Worker, why: string): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#options.logger.warn({ job: this.#job?.kind, error: why }, 'a worker was ended')
    void worker.terminate()
    this.#end(job => job.reject(new TuttiError('over-limit', `the document is too much for this: ${why}`)))
  }

  #end(tell: (job: Job) => void): void {
    const job = this.#job
    this.#cancel?.()
    this.#job = null
    if (job !== null) tell(job)
    this.#next()
  }
}
