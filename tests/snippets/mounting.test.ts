import type { AddressInfo, Server } from 'node:net'
import { Provider } from '@tutti/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SignJWT } from 'jose'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { openTempDir } from '../support/temp-dir.ts'

// The snippets of docs/embedding.md, run as they stand there.

const secret = 'a-secret-of-the-app-that-is-long-enough'
const home = process.cwd()
const ends: (() => unknown)[] = []

beforeEach(async () => {
  const { path, remove } = await openTempDir('mounting')
  vi.stubEnv('JWT_SECRET', secret)
  process.chdir(path)
  ends.push(
    remove,
    () => process.chdir(home),
    () => vi.unstubAllEnvs(),
  )
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function portOf(server: { address(): unknown; listening: boolean; once: Server['once'] }): Promise<number> {
  if (!server.listening) await new Promise<void>(resolve => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

function client(url: string, name: string, token: string): { doc: Y.Doc; provider: WebsocketProvider } {
  const doc = new Y.Doc()
  const options = { WebSocketPolyfill: WebSocket as never, disableBc: true, params: { token } }
  const provider = new WebsocketProvider(url, name, doc, options)
  ends.push(() => provider.destroy())
  return { doc, provider }
}

async function talk(url: string, name: string, token: string): Promise<void> {
  const a = client(url, name, token)
  const b = client(url, name, token)
  a.doc.getText('t').insert(0, 'hello')
  await vi.waitFor(() => expect(b.doc.getText('t').toString()).toBe('hello'))
}

test('[SRV25] below a path of a Hono app, beside routes of its own', async () => {
  const { relay, server } = await import('./mount.ts')
  ends.push(
    () => server.close(),
    () => relay.close(),
  )
  const at = `127.0.0.1:${await portOf(server)}`
  expect(await (await fetch(`http://${at}/`)).text()).toBe('my app')
  expect((await fetch(`http://${at}/collab/readyz`)).status).toBe(200)
  expect((await fetch(`http://${at}/collab/metrics`)).status).toBe(200)
  const claims = { sub: 'ana', tutti: { write: ['**'] } }
  const signing = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h')
  const token = await signing.sign(new TextEncoder().encode(secret))
  await talk(`ws://${at}/collab`, 'song', token)
  const native = new Provider(`ws://${at}/collab`, 'song', new Y.Doc(), {
    token,
    persist: false,
    WebSocketPolyfill: WebSocket,
  })
  ends.push(() => native.destroy())
  await vi.waitFor(() => expect(native.doc.getText('t').toString()).toBe('hello'))
  const elsewhere = new WebSocket(`ws://${at}/other/song`)
  await new Promise(resolve => elsewhere.once('error', resolve))
})

test('[SRV25] on a Node server, with a door of the app', async () => {
  const { server, stop } = await import('./mount-node.ts')
  ends.push(stop)
  const at = `127.0.0.1:${await portOf(server)}`
  expect(await (await fetch(`http://${at}/hello`)).text()).toBe('my app')
  expect((await fetch(`http://${at}/healthz`)).status).toBe(200)
  await talk(`ws://${at}`, 'public/song', 'the guest list')
  const refused = new WebSocket(`ws://${at}/private?token=the%20guest%20list`)
  const code = await new Promise(resolve => refused.once('close', resolve))
  expect(code).toBe(4403)
})
