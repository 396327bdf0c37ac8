/** Three homes for appended bytes: our log, bare LevelDB, a bare file. All of them durable when they say so. */
import { fdatasync, openSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type DocName, type Epoch, seq, systemEnv } from '@tutti/core'
import { openLevelLog } from '@tutti/server'
import { repoDir } from '../places.ts'

/** Resolves when the bytes are on stable storage. `counter` is the author's count of that document, from 1. */
export type Append = (document: number, counter: number, bytes: Uint8Array) => Promise<void>

interface BareBatch {
  put(key: Uint8Array, value: Uint8Array): BareBatch
  write(options: { sync: boolean }): Promise<void>
}

interface BareLevel {
  open(): Promise<void>
  batch(): BareBatch
}

/** Opens the store of that column in a folder. */
export async function openAppends(kind: string, folder: string): Promise<Append> {
  if (kind === 'file-floor') return fileAppends(folder)
  if (kind === 'level-floor') return levelAppends(folder)
  return ourAppends(folder)
}

async function ourAppends(folder: string): Promise<Append> {
  const log = await openLevelLog(folder, systemEnv)
  const author = { subject: 'bench', device: 'bench', session: 'bench' }
  return async (document, counter, bytes) => {
    const entry = { bytes, at: Date.now(), base: seq(0), author, counter }
    await log.append(`doc-${document}` as DocName, 'bench' as Epoch, [entry])
  }
}

/** LevelDB as our server has it: chained batches, synced, one under way at a time. */
async function levelAppends(folder: string): Promise<Append> {
  const ours = createRequire(join(repoDir, 'packages/server/package.json'))
  const { ClassicLevel } = ours('classic-level') as { ClassicLevel: new (at: string, how: object) => BareLevel }
  const level = new ClassicLevel(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  await level.open()
  return grouped(items => {
    const batch = level.batch()
    for (const { document, counter, bytes } of items) {
      const key = Buffer.allocUnsafe(12)
      key.writeUInt32BE(document, 0)
      key.writeBigUInt64BE(BigInt(counter), 4)
      batch.put(key, bytes)
    }
    return batch.write({ sync: true })
  })
}

function fileAppends(folder: string): Append {
  const file = openSync(join(folder, 'appended'), 'a')
  return grouped(
    items =>
      new Promise((resolve, reject) => {
        writeSync(file, Buffer.concat(items.map(item => item.bytes)))
        fdatasync(file, error => (error === null ? resolve() : reject(error)))
      }),
  )
}

interface Item {
  readonly document: number
  readonly counter: number
  readonly bytes: Uint8Array
}

/** What comes while a write is under way waits and goes with the next one. */
function grouped(write: (items: readonly Item[]) => Promise<void>): Append {
  let waiting: { items: Item[]; written: Promise<void> } | undefined
  let underWay: Promise<void> = Promise.resolve()
  return (document, counter, bytes) => {
    if (waiting === undefined) {
      const group = { items: [] as Item[], written: Promise.resolve() }
      group.written = underWay.then(() => {
        waiting = undefined
        return write(group.items)
      })
      waiting = group
      underWay = group.written
    }
    waiting.items.push({ document, counter, bytes })
    return waiting.written
  }
}
