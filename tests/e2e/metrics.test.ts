import { get } from 'node:http'
import { MemoryLog, type NewEntry, type UpdateLog } from '@tutti/core'
import { createServer, type ServerOptions } from '@tutti/server'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

async function started(options: ServerOptions = {}) {
  const server = await createServer({ log: new MemoryLog(), port: 0, logLevel: 'silent', ...options })
  onTestFinished(() => server.close())
  return server
}

/** The figures of a page, by name and labels. */
function figures(page: string): Record<string, number> {
  const rows = page.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    rows.map(row => [row.slice(0, row.lastIndexOf(' ')), Number(row.slice(row.lastIndexOf(' ') + 1))]),
  )
}

async function scraped(url: string): Promise<Record<string, number>> {
  return figures(await (await fetch(`${url}/metrics`)).text())
}

/** The status for headers that `fetch` would not send. */
function statusWith(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${url}/metrics`, { headers, agent: false }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', reject)
  })
}

function client(url: string, name: string): { doc: Y.Doc; provider: WebsocketProvider } {
  const doc = new Y.Doc()
  const options = { WebSocketPolyfill: WebSocket as never, disableBc: true }
  const provider = new WebsocketProvider(url.replace('http', 'ws'), name, doc, options)
  onTestFinished(() => provider.destroy())
  return { doc, provider }
}

describe('/metrics', () => {
  test('[SRV26] answers a program on this machine, and nobody who was forwarded or comes from a page', async () => {
    const { url } = await started()
    expect(await statusWith(url, {})).toBe(200)
    for (const headers of [
      { 'x-forwarded-for': '203.0.113.9' },
      { forwarded: 'for=203.0.113.9' },
      { via: '1.1 proxy' },
      { host: 'evil.example' },
    ]) {
      expect(await statusWith(url, headers as Record<string, string>), JSON.stringify(headers)).toBe(403)
    }
  })

  test('[SRV26] with a token it asks for that, from everybody', async () => {
    const metricsToken = 'a-token-for-the-scraper'
    const { url } = await started({ metricsToken })
    expect(await statusWith(url, {})).toBe(401)
    expect(await statusWith(url, { authorization: `Bearer ${metricsToken}x` })).toBe(401)
    expect(await statusWith(url, { authorization: `Bearer ${metricsToken}`, 'x-forwarded-for': '203.0.113.9' })).toBe(
      200,
    )
  })

  test('[SRV27] says what is so: connections, documents, edits, bytes, refusals, the time to the disk', async () => {
    const { url } = await started()
    const before = await scraped(url)
    expect(before['tutti_connections{dialect="stock"}']).toBe(0)
    const { doc, provider } = client(url, 'song')
    await vi.waitFor(() => expect(provider.synced).toBe(true))
    let bytes = 0
    doc.on('update', (update: Uint8Array) => {
      bytes += update.length
    })
    for (let at = 0; at < 5; at++) doc.getText('t').insert(at, 'x')
    await vi.waitFor(async () => expect((await scraped(url))['tutti_updates_total']).toBe(5))
    const after = await scraped(url)
    expect(after).toMatchObject({
      'tutti_connections{dialect="stock"}': 1,
      'tutti_connections{dialect="native"}': 0,
      tutti_connections_total: 1,
      tutti_documents_open: 1,
      tutti_documents_open_damaged: 0,
      tutti_update_bytes_total: bytes,
      tutti_oldest_unacknowledged_seconds: 0,
      tutti_store_available: 1,
      tutti_draining: 0,
    })
    expect(after['tutti_durable_seconds_bucket{le="+Inf"}']).toBe(after['tutti_durable_seconds_count'])
    expect(after['tutti_durable_seconds_count']).toBeGreaterThanOrEqual(1)
    for (const name of ['nodejs_eventloop_lag_seconds', 'process_cpu_seconds_total', 'process_resident_memory_bytes']) {
      expect(after[name], name).toBeGreaterThanOrEqual(0)
    }
    const wire = new WebSocket(`${url.replace('http', 'ws')}/song`)
    await new Promise(resolve => wire.once('open', resolve))
    const closed = new Promise(resolve => wire.once('close', resolve))
    wire.send('no binary')
    await closed
    expect((await scraped(url))['tutti_refusals_total{what="connection",code="bad-message"}']).toBe(1)
  })

  test('[SRV27] an edit that waits for the disk is seen, with its age', async () => {
    const log: UpdateLog = new MemoryLog()
    let letGo = () => {}
    const held = new Promise<void>(resolve => {
      letGo = resolve
    })
    const append = log.append.bind(log)
    log.append = async (doc, epoch, entries: readonly NewEntry[]) => {
      await held
      return append(doc, epoch, entries)
    }
    const { url } = await started({ log })
    const { doc, provider } = client(url, 'song')
    await vi.waitFor(() => expect(provider.synced).toBe(true))
    doc.getText('t').insert(0, 'x')
    await vi.waitFor(async () =>
      expect((await scraped(url))['tutti_oldest_unacknowledged_seconds']).toBeGreaterThan(0.05),
    )
    letGo()
    await vi.waitFor(async () => expect((await scraped(url))['tutti_oldest_unacknowledged_seconds']).toBe(0))
    expect((await scraped(url))['tutti_durable_seconds_bucket{le="0.025"}']).toBe(0)
  })

  test('[SRV27] what the store holds is told by the last sweep', async () => {
    const { url } = await started({ sweepMs: 100 })
    const { doc } = client(url, 'song')
    doc.getText('t').insert(0, 'x')
    await vi.waitFor(async () => expect((await scraped(url))['tutti_documents_stored']).toBe(1))
    expect((await scraped(url))['tutti_reclaimable_bytes']).toBeGreaterThan(0)
  })
})
