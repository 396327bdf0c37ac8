import { parentPort } from 'node:worker_threads'
import { foldUpdate } from '@tutti/core'

parentPort?.on('message', (job: { id: number; bytes: Uint8Array }) => {
  const folded = foldUpdate(job.bytes)
  parentPort?.postMessage({ id: job.id, ...folded }, [folded.bytes.buffer as ArrayBuffer])
})
