import 'fake-indexeddb/auto'
import { join } from 'node:path'
import { deviceLog, type Provider } from '@tutti/client'
import { type Authorize, createServer, type ServerOptions } from '@tutti/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SignJWT } from 'jose'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { openTempDir } from '../support/temp-dir.ts'
import { asHocuspocus, branches, deciding, migrated, perUser, signing, tokenAsked } from './guides.ts'

// What the guides show is what runs here: `tests/docs.test.ts` holds the two against each other.

const secret = 'a-secret-of-the-app-that-is-long-enough'
let said: unknown[][] = []
const ends: (() => unknown)[] = []

beforeEach(() => {
  said = []
  vi.stubEnv('JWT_SECRET', secret)
  vi.stubGlobal('WebSocket', WebSocket)
  vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void said.push(words))
})

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  // One device for all of them, and another server each time.
  for (const doc of await deviceLog().list()) await deviceLog().remove(doc)
  for (const { id } of await deviceLog().branches()) await deviceLog().removeBranch(id)
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** A relay, at the address that the guides call `url`. */
async function served(options: ServerOptions = {}): Promise<string> {
  const folder = await openTempDir('guides')
  ends.push(folder.remove)
  const server = await createServer({ port: 0, data: join(folder.path, 'store'), logLevel: 'silent', ...options })
  ends.push(() => server.close())
  vi.stubGlobal('url', server.url.replace('http', 'ws'))
  return server.url
}

/** On a machine that is busy, too. */
function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, 10_000)
}

function leaves<P extends Provider>(provider: P): P {
  ends.push(() => provider.close())
  return provider
}

test('two clients see what the other saved', async () => {
  await served()
  const { ana, ben } = await import('./two-clients.ts')
  leaves(ana)
  leaves(ben)
  await eventually(() => expect(said).toEqual([['Capo 2.']]))
})

test('a page of y-websocket goes on with another import', async () => {
  await served()
  const provider = leaves(migrated())
  await eventually(() => expect(said).toEqual([['connected'], [true]]))
  provider.doc.getText('notes').insert(0, 'Capo 2.')
  await provider.flush()
})

test('a page of Hocuspocus keeps its names', async () => {
  await served({ jwtSecret: secret })
  const ana = { id: 'ana', name: 'Ana' }
  const token = await signing()(ana)
  // The token of the guide is for other documents.
  const stranger = leaves(asHocuspocus(token))
  const failed = vi.fn<(event: { reason: string }) => void>()
  stranger.on('authenticationFailed', failed)
  await eventually(() => expect(failed).toHaveBeenCalledWith({ reason: 'not for you' }))
  await served()
  leaves(asHocuspocus(token))
  await eventually(() => expect(said).toEqual([[true, 0]]))
})

test('a refused edit is kept aside, and read again', async () => {
  const authorize: Authorize = { identify: () => ({ subject: 'ana' }), permit: () => 'read' }
  await served({ authorize })
  vi.stubGlobal('confirm', () => true)
  const provider = leaves(migrated())
  const bind = vi.fn<(doc: Y.Doc) => void>()
  deciding(provider, bind)
  await eventually(() => expect(provider.synced).toBe(true))
  provider.doc.getText('notes').insert(0, 'Capo 2.')
  await eventually(() => expect(bind).toHaveBeenCalledWith(provider.doc))
  expect(provider.doc.getText('notes').toString()).toBe('')
  said = []
  await branches(provider)
  expect(said).toEqual([['tonight', 'read-only', 'Capo 2.']])
  expect(await provider.localLog.branches()).toEqual([])
})

test('nothing of somebody who signed out stays on the device', async () => {
  await served()
  await perUser('ana')
  await eventually(async () =>
    expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('tutti of ana'),
  )
})

test('a token is made, asked for, and revoked', async () => {
  const url = await served({ jwtSecret: secret })
  const tokenFor = signing()
  const elsewhere = fetch
  vi.stubGlobal('fetch', async (input: string, init?: RequestInit) =>
    input === '/token' ? new Response(await tokenFor({ id: 'ana', name: 'Ana' })) : elsewhere(input, init),
  )
  const provider = leaves(tokenAsked(new Y.Doc()))
  provider.doc.getText('notes').insert(0, 'Capo 2.')
  await provider.flush()
  const admin = await new SignJWT({ tutti: { admin: ['**'] } })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('root')
    .setExpirationTime('1m')
    .sign(new TextEncoder().encode(secret))
  const answer = await fetch(`${url}/v1/revocations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'subject', name: 'ana', before: Date.now() + 60_000 }),
  })
  expect(answer.status).toBe(204)
  // Once more with a fresh token, which does not help.
  await eventually(() => expect(said.at(-1)?.[0]).toBe(4401))
})
