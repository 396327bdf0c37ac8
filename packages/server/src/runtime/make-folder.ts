import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder, and those above it that are missing; one that is there is fine. Rejects with what the system says. Node's
 * own `recursive` never comes back where a folder that exists says it does not, as those of /proc do.
 */
export async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder)
  const refusal = await make(path)
  if (refusal === null) return
  if (refusal.code !== 'ENOENT' || dirname(path) === path) throw refusal
  await makeFolder(dirname(path))
  const again = await make(path)
  if (again !== null) throw again
}

/** Why it could not be made; null when it is there. */
async function make(path: string): Promise<NodeJS.ErrnoException | null> {
  try {
    await mkdir(path)
    return null
  } catch (error) {
    const refusal = error as NodeJS.ErrnoException
    return refusal.code === 'EEXIST' ? null : refusal
  }
}
