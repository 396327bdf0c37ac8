import { Worker } from 'node:worker_threads'
import { type Env, type Millis, systemEnv } from '@tutti/core'
import type { Logger } from '../runtime/logger.ts'
import type { Folded, Folder } from './folder.ts'

/** What one fold may take before its worker is ended. */
const foldMs: Millis = 60_000
const foldMegabytes = 1_024

interface Job {
  readonly id: number
  readonly resolve: (folded: Folded) => void
  readonly reject: (error: Error) => void
  readonly cancel: () => void
}

/** Folds in one worker thread, one document at a time; a fold over its budget ends the worker, and only that fold fails. */
export class WorkerFolder implements Folder {
  readonly #logger: Logger
  readonly #env: Env
  readonly #script: URL
  #worker: Worker | null = null
  #job: Job | null = null
  #last: Promise<unknown> = Promise.resolve()
  #ids = 0

  constructor(logger: Logger, env: Env = systemEnv, script: URL = new URL('./fold-worker.js', import.meta.url)) {
    this.#logger = logger
    this.#env = env
    this.#script = script
  }

  fold(bytes: Uint8Array): Promise<Folded> {
    const folded = this.#last.then(
      () => this.#run(bytes),
      () => this.#run(bytes),
    )
    this.#last = folded.catch(() => undefined)
    return folded
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    this.#end(new Error('the server is stopping'))
    await worker?.terminate()
  }

  #run(bytes: Uint8Array): Promise<Folded> {
    return new Promise((resolve, reject) => {
      const worker = this.#open()
      const id = ++this.#ids
      const cancel = this.#env.timers.after(foldMs, () => this.#fail(worker, new Error('folding took too long')))
      this.#job = { id, resolve, reject, cancel }
      worker.postMessage({ id, bytes })
    })
  }

  #open(): Worker {
    if (this.#worker !== null) return this.#worker
    const worker = new Worker(this.#script, { resourceLimits: { maxOldGenerationSizeMb: foldMegabytes } })
    worker.on('message', (done: Folded & { id: number }) => {
      const job = this.#job
      if (job === null || job.id !== done.id) return
      this.#job = null
      job.cancel()
      job.resolve({ bytes: done.bytes, content: done.content })
    })
    worker.on('error', error => this.#fail(worker, error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', () => this.#fail(worker, new Error('the folding worker ended')))
    worker.unref()
    this.#worker = worker
    return worker
  }

  #fail(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#logger.warn({ error: error.message }, 'a fold failed')
    this.#end(error)
    void worker.terminate()
  }

  #end(error: Error): void {
    const job = this.#job
    this.#job = null
    job?.cancel()
    job?.reject(error)
  }
}
