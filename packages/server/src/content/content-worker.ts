import { parentPort } from 'node:worker_threads'
import { type ContentJobKind, contentJobs, type ContentJobs } from './content-jobs.ts'

interface Order<Kind extends ContentJobKind> {
  readonly id: number
  readonly kind: Kind
  readonly input: ContentJobs[Kind]['input']
}

parentPort?.on('message', <Kind extends ContentJobKind>({ id, kind, input }: Order<Kind>) => {
  try {
    parentPort?.postMessage({ id, output: contentJobs[kind](input) })
  } catch (error) {
    parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) })
  }
})
