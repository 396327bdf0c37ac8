import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A parent for folders that are read and written much, and need not reach a disk. */
export const inMemory: string = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A fresh folder of the system's temporary folder, removed when the test is over. Call inside a test. */
export async function tempDir(name = 'test', parent?: string): Promise<string> {
  const { path, remove } = await openTempDir(name, parent)
  onTestFinished(remove)
  return path
}

/** The same for hooks and scripts: whoever opens it removes it. */
export async function openTempDir(
  name = 'test',
  parent: string = tmpdir(),
): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(parent, `tutti-${name}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) }
}
