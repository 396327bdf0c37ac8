import { mkdir } from 'node:fs/promises'
import type { Env } from '../../packages/core/src/index.ts'
import { openLogOn } from '../../packages/server/src/log/begin-log.ts'
import type { LevelLog } from '../../packages/server/src/log/level-log.ts'
import { nodeDisk } from '../../packages/server/src/log/node-disk.ts'

/** The log with the promise taken out of every write: with this, a test that looks for lost edits must find some. */
export async function openUnsyncedLog(folder: string, env: Env): Promise<LevelLog> {
  await mkdir(folder, { recursive: true })
  const disk = nodeDisk(folder)
  return openLogOn(
    {
      ...disk,
      async openDatabase(create) {
        const db = await disk.openDatabase(create)
        const { put, batch } = { put: db.put.bind(db), batch: db.batch.bind(db) }
        db.put = (key, value) => put(key, value)
        db.batch = () => {
          const made = batch()
          const write = made.write.bind(made)
          made.write = () => write()
          return made
        }
        return db
      },
    },
    env,
  )
}
