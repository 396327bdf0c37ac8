import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryLog } from '@tutti/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createRelay } from './create-relay.ts'
import { createServer } from './create-server.ts'
import type { Logger } from './runtime/logger.ts'

const keys = { jwtSecret: 'a-secret-that-must-never-be-shown-anywhere' }

function kept(): { lines: string[]; logger: Logger } {
  const lines: string[] = []
  const keep = (facts: object, message: string) => void lines.push(JSON.stringify({ ...facts, message }))
  return { lines, logger: { debug: keep, info: keep, warn: keep, error: keep } }
}

describe('a relay without a server of its own', () => {
  test('[SRV3] nothing says how far it can be reached, so it wants a door', async () => {
    await expect(createRelay({ log: new MemoryLog() })).rejects.toMatchObject({ code: 'forbidden' })
    const relay = await createRelay({ log: new MemoryLog(), allowAnonymous: true, logLevel: 'silent' })
    await relay.close()
    const asked = { identify: () => null, permit: () => null }
    await (await createRelay({ log: new MemoryLog(), authorize: asked, logLevel: 'silent' })).close()
  })

  test('[SRV25] answers requests of an app it is mounted on, and closes once', async () => {
    const relay = await createRelay({ log: new MemoryLog(), allowAnonymous: true, logLevel: 'silent' })
    expect((await relay.fetch(new Request('http://app.example/readyz'))).status).toBe(200)
    await Promise.all([relay.close(), relay.close()])
    expect(relay.readiness()).toEqual({ ready: false, reasons: ['the server is stopping'] })
    expect((await relay.fetch(new Request('http://app.example/readyz'))).status).toBe(503)
  })
})

describe('what is said of a start', () => {
  test('[SRV24] a taken port is told with what to do, and nothing stays open', async () => {
    const other = createHttpServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    await expect(createServer({ log: new MemoryLog(), port, logLevel: 'silent' })).rejects.toThrow(
      `port ${port} on 127.0.0.1 is taken by another program: stop it, or choose another port with --port`,
    )
    await expect(
      createServer({ log: new MemoryLog(), host: '192.0.2.1', allowAnonymous: true, logLevel: 'silent' }),
    ).rejects.toThrow('192.0.2.1 is no address of this machine')
  })

  test('[SRV33] one line says what it runs with, one that it has stopped, and every request has an id', async () => {
    const { lines, logger } = kept()
    const server = await createServer({ log: new MemoryLog(), port: 0, logger, metricsToken: keys.jwtSecret })
    const { headers } = await fetch(`${server.url}/healthz?token=hidden`, { headers: { 'x-request-id': 'mine-1' } })
    expect(headers.get('x-request-id')).toBe('mine-1')
    const other = await fetch(`${server.url}/healthz`, { headers: { 'x-request-id': 'a b' } })
    expect(other.headers.get('x-request-id')).toMatch(/^\w{12}$/)
    await server.close()
    expect(lines[0]).toContain(`"url":"${server.url}"`)
    expect(lines[0]).toContain('"door":"none: everybody may edit"')
    expect(lines.find(line => line.includes('mine-1'))).toMatch(/"method":"GET","path":"\/healthz","status":200/)
    expect(lines.at(-1)).toContain('"message":"stopped"')
    expect(lines.join('\n')).not.toContain('hidden')
    expect(lines.join('\n')).not.toContain(keys.jwtSecret)
  })

  test('[SRV33] damage that opening finds is said at once', async () => {
    const data = await mkdtemp(join(tmpdir(), 'tutti-damaged-'))
    onTestFinished(() => rm(data, { recursive: true }))
    await (await createServer({ data, port: 0, logLevel: 'silent' })).close()
    await writeFile(join(data, 'heads'), 'what is this')
    const { lines, logger } = kept()
    await (await createServer({ data, port: 0, logger })).close()
    expect(lines[0]).toMatch(/"finding":\{.*"message":"the store is damaged"/)
  })
})
