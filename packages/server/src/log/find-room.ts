import { open as openFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { unavailable } from './unavailable.ts'

/** Opening a database writes what its log holds. Closing one that could not be opened again would end the reads, too. */
export async function findRoom(folder: string): Promise<void> {
  const path = join(folder, 'room')
  try {
    let bytes = 256 * 1024
    const location = join(folder, 'level')
    for (const file of await readdir(location)) {
      if (file.endsWith('.log')) bytes += (await stat(join(location, file))).size
    }
    const file = await openFile(path, 'w')
    try {
      const zeros = new Uint8Array(64 * 1024)
      for (let written = 0; written < bytes; written += zeros.length) await file.write(zeros)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    throw unavailable(error, folder)
  } finally {
    await rm(path, { force: true }).catch(() => {})
  }
}
