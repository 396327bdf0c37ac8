import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

test('[SRV24] a folder is made with all above it, and one that cannot be made says so', async () => {
  const base = await mkdtemp(join(tmpdir(), 'tutti-folder-'))
  onTestFinished(() => rm(base, { recursive: true }))
  const deep = join(base, 'a/b/c')
  await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(base, 'a/d'))])
  await makeFolder(deep)
  expect((await stat(deep)).isDirectory()).toBe(true)
  await writeFile(join(base, 'file'), '')
  await expect(makeFolder(join(base, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

test.runIf(process.platform === 'linux')('[SRV24] a folder that takes nothing says so, and nobody waits', async () => {
  await expect(makeFolder('/proc/tutti')).rejects.toMatchObject({ code: 'ENOENT' })
})
