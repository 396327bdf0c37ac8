import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { createServer, type Server } from './create-server.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function started(data: string, port = 0): Promise<Server> {
  const server = await createServer({ data, port, logLevel: 'silent' })
  ends.push(() => server.close())
  return server
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tutti-'))
  ends.push(() => rm(path, { recursive: true, force: true }))
  return path
}

function client(url: string, name: string) {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(url.replace('http', 'ws'), name, doc, {
    WebSocketPolyfill: WebSocket as never,
    disableBc: true,
  })
  ends.push(() => provider.destroy())
  return { doc, provider }
}

function until(doc: Y.Doc, isTrue: () => boolean): Promise<void> {
  return new Promise(resolve => {
    if (isTrue()) return resolve()
    const look = () => {
      if (!isTrue()) return
      doc.off('update', look)
      resolve()
    }
    doc.on('update', look)
  })
}

describe('a relay on a real disk', () => {
  test('[SRV1] two stock clients edit one document, and it is there after a restart', async () => {
    const data = await folder()
    const server = await started(data)
    const a = client(server.url, 'tonight')
    const b = client(server.url, 'tonight')
    a.doc.getText('t').insert(0, 'hello ')
    await until(b.doc, () => b.doc.getText('t').toString() === 'hello ')
    b.doc.getText('t').insert(6, 'world')
    await until(a.doc, () => a.doc.getText('t').toString() === 'hello world')
    a.provider.destroy()
    b.provider.destroy()
    await server.close()
    const again = await started(data)
    const c = client(again.url, 'tonight')
    await until(c.doc, () => c.doc.getText('t').toString() === 'hello world')
  })

  test('[SRV2] health and readiness answer', async () => {
    const server = await started(await folder())
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  })

  test('[SRV3] a public address needs a door, or the word that it has none', async () => {
    await expect(createServer({ host: '0.0.0.0', port: 0, data: await folder() })).rejects.toThrow(/allow-anonymous/)
  })

  test('[SRV20] a site is served; only what carries a hash in its name is kept for ever, and only if it is there', async () => {
    const site = await folder()
    await mkdir(join(site, 'assets'))
    await writeFile(join(site, 'index.html'), '<p>hello')
    await writeFile(join(site, 'assets', 'a-1f2e.js'), '1')
    const server = await createServer({ data: await folder(), port: 0, site, logLevel: 'silent' })
    ends.push(() => server.close())
    const page = await fetch(`${server.url}/`)
    expect(await page.text()).toBe('<p>hello')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect((await fetch(`${server.url}/assets/a-1f2e.js`)).headers.get('cache-control')).toContain('immutable')
    const missing = await fetch(`${server.url}/assets/b-1f2e.js`)
    expect([missing.status, missing.headers.get('cache-control')]).toEqual([404, 'no-cache'])
    expect((await fetch(`${server.url}/..%2f..%2fetc%2fpasswd`)).status).toBe(404)
  })
})
