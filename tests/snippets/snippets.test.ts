import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer } from '@tutti/server'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { tempDir } from '../support/temp-dir.ts'

// What the pages show is what runs here: `tests/docs.test.ts` holds the two against each other.

const home = process.cwd()
afterEach(() => {
  process.chdir(home)
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

test('the eight lines of the front page save an edit', async () => {
  const server = await createServer({ port: 0, data: await tempDir(), logLevel: 'silent' })
  vi.stubGlobal('location', { host: `127.0.0.1:${server.port}` })
  vi.stubGlobal('WebSocket', WebSocket)
  const said: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line))
  const { provider } = await import('./client.ts')
  await vi.waitFor(() => expect(said.at(-1)).toMatch(/saved/i))
  expect(provider.pending.edits).toBe(0)
  provider.destroy()
  await server.close()
})

test('a relay in an own process starts, stores and stops', async () => {
  const folder = await tempDir()
  process.chdir(folder)
  const said: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line))
  await import('./embed.ts')
  expect(said).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)])
  await access(join(folder, 'data'))
})
