import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, TuttiError } from '@tutti/core'
import { makeFolder } from '../runtime/make-folder.ts'

const fileName = 'revocations'

/** Lines that outlive the process. */
export interface LineStore {
  readonly lines: readonly string[]
  /** Resolves when the line is on disk. */
  append(line: string): Promise<void>
}

/**
 * The lines of the file `revocations` in `folder`; it is made with the first. A line that was torn by a crash was promised
 * to nobody and is dropped; any other damage rejects `store-unavailable`: somebody may be let in who must not be.
 */
export async function openRevocationFile(folder: string): Promise<LineStore> {
  const path = join(folder, fileName)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw new TuttiError('store-unavailable', `${path} cannot be read: ${error.message}`, { cause: error })
  })
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const lines = whole.split('\n').slice(0, -1)
  const damaged = lines.findIndex(line => sealed(line.slice(9)) !== line)
  if (damaged >= 0) {
    throw new TuttiError(
      'store-unavailable',
      `${path} is damaged in line ${damaged + 1}, and it says who may not come in: bring it back from a backup, or remove the line`,
    )
  }
  let length = Buffer.byteLength(whole)
  let last: Promise<void> = Promise.resolve()
  const write = async (line: string) => {
    await makeFolder(folder)
    const file = await open(path, 'a+')
    try {
      await file.truncate(length)
      const bytes = Buffer.from(`${sealed(line)}\n`)
      await file.appendFile(bytes)
      await file.datasync()
      const isFirst = length === 0
      length += bytes.length
      if (isFirst) await syncFolder(folder)
    } finally {
      await file.close()
    }
  }
  return {
    lines: lines.map(line => line.slice(9)),
    append(line) {
      const written = last.then(() => write(line))
      last = written.catch(() => {})
      return written
    },
  }
}

/** Eight digits of a checksum, and the line. */
function sealed(line: string): string {
  return `${crc32(new TextEncoder().encode(line)).toString(16).padStart(8, '0')} ${line}`
}

/** The name of a new file is on disk when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
