import { access, constants, readdir } from 'node:fs/promises'
import { TuttiError, systemEnv } from '@tutti/core'
import type { Config } from '../../config/config.ts'
import { explain } from '../exit.ts'
import { Progress } from '../progress.ts'
import { type Check, look, well, wrong } from './check.ts'
import { isReady } from './running.ts'

/** Long enough to read every record of a large store. */
const scanMs = 3_600_000
const mostTold = 20

/** Reads every record of a stopped relay's store, in a copy; asks one that runs whether it is ready. */
export async function lookAtStore(config: Config): Promise<readonly Check[]> {
  const files = await readdir(config.data).catch(() => null)
  if (files === null) return [well('store', `${config.data} is not there yet: the first start makes it`)]
  const may = await access(config.data, constants.R_OK | constants.W_OK).then(
    () => null,
    (error: unknown) => error as Error,
  )
  if (may !== null) {
    return [wrong('store', `${config.data} cannot be written: ${may.message}`, 'let the user of the relay write there')]
  }
  if (!files.includes('level')) return [well('store', `${config.data} is empty: the first start makes a store in it`)]
  try {
    return await readWhole(config.data)
  } catch (error) {
    if (error instanceof TuttiError && /in use by another process/.test(error.message)) return inUse(config)
    const { lines } = explain(error)
    return [wrong('store', lines[0] ?? '', lines.slice(1).join('; '))]
  }
}

async function readWhole(folder: string): Promise<readonly Check[]> {
  const { openLogCopy } = await import('../../log/open-copy.ts')
  const copy = await openLogCopy(folder, systemEnv, { scanMs })
  const { log } = copy
  const progress = new Progress('documents')
  try {
    let documents = 0
    let reclaimable = 0
    const found = [...log.findings]
    for await (const { doc, tailBytes } of log.list()) {
      progress.step()
      documents++
      reclaimable += tailBytes
      for (const finding of (await log.open(doc)).findings) {
        if (!found.some(({ message }) => message === finding.message)) found.push(finding)
      }
    }
    if (found.length > 0) return found.slice(0, mostTold).map(({ message }) => damaged(message, found.length))
    const ending = log.closedCleanly ? '' : '; the last relay did not close it, which it is made for'
    return [
      well('store', `${documents} documents, every record read and whole; ${reclaimable} bytes to compact${ending}`),
    ]
  } finally {
    progress.end()
    await copy.close()
  }
}

function damaged(message: string, count: number): Check {
  return wrong(
    'store',
    `damaged (${count} in all): ${message}`,
    'the document can be read as far as it is whole (tutti documents export) and is never written: bring back a backup, or delete it',
  )
}

async function inUse(config: Config): Promise<readonly Check[]> {
  const answer = await isReady(config)
  if (answer === null) {
    return [
      look(
        'store',
        'a process has it open',
        'it does not answer at the address that is configured: is it the relay of this configuration?',
      ),
    ]
  }
  if (answer === '') return [well('store', 'the relay that has it open is ready; stop it to have every record read')]
  return [wrong('store', `the relay that has it open is not ready: ${answer}`, 'see its log')]
}
