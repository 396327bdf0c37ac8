import 'fake-indexeddb/auto'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer, type Server } from '@tutti/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { openTempDir } from '../support/temp-dir.ts'

// What the pages show is what runs here: `tests/docs.test.ts` holds the two against each other.

const home = process.cwd()
let said: unknown[] = []
let folder: Awaited<ReturnType<typeof openTempDir>>
let server: Server

beforeEach(async () => {
  said = []
  folder = await openTempDir('snippets')
  server = await createServer({ port: 0, data: join(folder.path, 'store'), logLevel: 'silent' })
  vi.stubGlobal('location', { host: `127.0.0.1:${server.port}` })
  vi.stubGlobal('url', server.url.replace('http', 'ws'))
  vi.stubGlobal('WebSocket', WebSocket)
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void said.push(line))
})

afterEach(async () => {
  process.chdir(home)
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  await server.close()
  await folder.remove()
})

test('the eight lines of the front page save an edit', async () => {
  const { provider, doc } = await import('./client.ts')
  await vi.waitFor(() => expect(said.at(-1)).toMatch(/saved/i))
  expect(provider.pending.edits).toBe(0)
  const { saving } = await import('./saving.ts')
  await saving(doc, provider)
  expect(said).toContainEqual({ edits: 0, bytes: 0 })
  provider.destroy()
})

test('a new document is seeded', async () => {
  const { seeding } = await import('./saving.ts')
  const provider = seeding()
  await vi.waitFor(() => expect(provider.doc.getMap('songs').get('opener')).toBe('Wayfaring Stranger'))
  provider.destroy()
})

test('a process without a browser edits and leaves', async () => {
  await import('./provider.ts')
})

test('a relay in an own process starts, stores and stops', async () => {
  process.chdir(folder.path)
  await import('./embed.ts')
  expect(said).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)])
  await access(join(folder.path, 'data'))
})
