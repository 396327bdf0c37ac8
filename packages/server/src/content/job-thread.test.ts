import { systemEnv } from '@tutti/core'
import { afterEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../runtime/logger.ts'
import { JobThread } from './job-thread.ts'

// Reads every document as the number of its bytes; fails at one of a byte, is busy for ever with one of two, ends at three.
const script = `
import { parentPort } from 'node:worker_threads'
parentPort.on('message', ({ id, input }) => {
  if (input.length === 1) return parentPort.postMessage({ id, error: 'no' })
  if (input.length === 2) for (;;) {}
  if (input.length === 3) process.exit(1)
  parentPort.postMessage({ id, output: String(input.length) })
})`

const threads: JobThread[] = []

function thread(maxWaiting = 10): JobThread {
  const made = new JobThread({
    env: systemEnv,
    logger: silentLogger,
    script: new URL(`data:text/javascript,${encodeURIComponent(script)}`),
    budgetMs: 1_000,
    maxMegabytes: 64,
    maxWaiting,
  })
  threads.push(made)
  return made
}

const bytes = (length: number) => new Uint8Array(length)

afterEach(async () => {
  await Promise.all(threads.splice(0).map(made => made.close()))
})

describe('a worker thread', () => {
  test('[API5] one that takes too long, fails or ends takes its own job with it and no other', async () => {
    const jobs = thread()
    const settled = await Promise.allSettled([5, 2, 6, 1, 3, 7].map(length => jobs.run('read', bytes(length))))
    expect(
      settled.map(one => (one.status === 'fulfilled' ? one.value : (one.reason as { code: string }).code)),
    ).toEqual(['5', 'over-limit', '6', 'internal', 'over-limit', '7'])
  })

  test('[API5] more than may wait is refused at once, and what waits at the end is told', async () => {
    const jobs = thread(1)
    const busy = jobs.run('read', bytes(2))
    const waiting = jobs.run('read', bytes(9))
    await expect(jobs.run('read', bytes(9))).rejects.toMatchObject({ code: 'too-many' })
    const ended = Promise.allSettled([busy, waiting])
    await jobs.close()
    expect((await ended).map(one => (one as PromiseRejectedResult).reason.code)).toEqual(['draining', 'draining'])
    await expect(jobs.run('read', bytes(9))).rejects.toMatchObject({ code: 'draining' })
  })
})
