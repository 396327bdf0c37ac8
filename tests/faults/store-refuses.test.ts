import { setTimeout as sleep } from 'node:timers/promises'
import { type DocName, MemoryLog } from '@tutti/core'
import { randomEdit, seededRandom } from '@tutti/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { createServer } from '@tutti/server'
import { tellFigures } from '../support/figures.ts'
import { lacking, NativeClient } from '../support/native-client.ts'
import { unlessForbidden } from '../support/requires.ts'
import { rounds } from '../support/scale.ts'
import { canMount, smallDisk } from '../support/small-disk.ts'
import { spawnServer } from '../support/spawn-server.ts'

const name = 'song'

function stockClient(wsUrl: string): { doc: Y.Doc; provider: WebsocketProvider } {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(wsUrl, name, doc, { WebSocketPolyfill: WebSocket as never, disableBc: true })
  onTestFinished(() => provider.destroy())
  return { doc, provider }
}

async function stateOf(wsUrl: string): Promise<Y.Doc> {
  const witness = new NativeClient('witness')
  await witness.connect(wsUrl, name)
  await witness.leave()
  return witness.doc
}

async function readiness(url: string): Promise<{ status: number; reasons: string[] }> {
  const response = await fetch(`${url}/readyz`)
  const { reasons } = (await response.json()) as { reasons: string[] }
  return { status: response.status, reasons }
}

async function until(isTrue: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = performance.now() + ms
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error('it never came')
    await sleep(20)
  }
}

/** What every refusing store must keep to: `refuse` makes it refuse, `recover` gives it back what it lacked. */
async function refusingStore(
  server: { url: string; wsUrl: string },
  refuse: () => Promise<void> | void,
  recover: () => Promise<void> | void,
): Promise<{ native: NativeClient; stock: Y.Doc }> {
  const { url, wsUrl } = server
  const native = new NativeClient('native')
  const reader = new NativeClient('reader')
  await native.connect(wsUrl, name)
  await reader.connect(wsUrl, name)
  const stock = stockClient(wsUrl)
  await until(() => stock.provider.synced)
  native.doc.getText('t').insert(0, 'before ')
  await native.settled()
  await refuse()

  // Writes until it says so: nothing that follows is acknowledged, nothing that was not stored is shown.
  const chunk = 'x'.repeat(20_000)
  await until(async () => {
    native.doc.getText('t').insert(0, chunk)
    await sleep(5)
    return native.storeNews.at(-1)?.available === false
  })
  expect(native.storeNews.at(-1)?.message).not.toBe('')
  const kept = native.acknowledged.length
  native.doc.getText('t').insert(0, 'not stored ')
  await native.until(() => native.refusals.length > 0)
  expect(native.refusals.at(-1)).toMatchObject({ code: 'store-unavailable' })
  stock.doc.getText('t').insert(0, 'not stored either ')
  const ready = await readiness(url)
  expect(ready.status).toBe(503)
  expect(ready.reasons.join()).toMatch(/store refuses writes/)
  await sleep(300)
  expect(native.acknowledged.length).toBe(kept)
  expect(native.pending.length).toBeGreaterThan(0)

  // Reading goes on, for those who are there and those who come.
  expect(reader.doc.getText('t').toString()).not.toContain('not stored')
  const seen = await stateOf(wsUrl)
  expect(seen.getText('t').toString()).toContain('before')
  expect(seen.getText('t').toString()).not.toContain('not stored')
  expect(lacking(seen, native.acknowledged)).toBe(0)
  expect(lacking(seen, reader.seen)).toBe(0)

  // It comes back by itself; nobody does anything.
  await recover()
  const began = performance.now()
  await native.settled()
  const tookMs = performance.now() - began
  expect(tookMs).toBeLessThan(5_000)
  expect((await readiness(url)).status).toBe(200)
  await until(async () => (await stateOf(wsUrl)).getText('t').toString().includes('not stored either'))
  const state = await stateOf(wsUrl)
  expect(lacking(state, [...native.acknowledged, ...reader.seen])).toBe(0)
  expect(lacking(state, [Y.encodeStateAsUpdate(native.doc), Y.encodeStateAsUpdate(stock.doc)])).toBe(0)
  await reader.until(() => reader.doc.getText('t').toString().includes('not stored either'))
  await native.leave()
  await reader.leave()
  return { native, stock: stock.doc }
}

describe('a store that refuses', () => {
  test('[ROOM8] a full disk: nothing is acknowledged that was not written, reading goes on, and it recovers by itself', async context => {
    unlessForbidden(context, canMount, 'mounting a small file system')
    const disk = await smallDisk(24)
    const dir = `${disk.path}/data`
    const server = await spawnServer({ dir })
    const { native, stock } = await refusingStore(
      server,
      () => disk.fill(),
      () => disk.empty(),
    )
    await server.kill()
    const again = await spawnServer({ dir })
    const state = await stateOf(again.wsUrl)
    expect(lacking(state, [...native.acknowledged, Y.encodeStateAsUpdate(stock)])).toBe(0)
  })

  test('[ROOM8] a disk that has become read-only is said so at the start, and the server does not pretend', async context => {
    unlessForbidden(context, canMount, 'mounting a small file system')
    const disk = await smallDisk(24)
    const dir = `${disk.path}/data`
    const server = await spawnServer({ dir })
    const client = new NativeClient('a')
    await client.connect(server.wsUrl, name)
    client.doc.getText('t').insert(0, 'kept')
    await client.settled()
    await server.kill()
    expect(disk.readOnly(true)).toBe(true)
    // Either it serves what it has and refuses writes, or it says that it cannot start; never an empty document.
    const started = await spawnServer({ dir }).catch((error: unknown) => String(error))
    if (typeof started === 'string') expect(started).toMatch(/read-only|EROFS|cannot be opened|lock/i)
    else {
      expect((await stateOf(started.wsUrl)).getText('t').toString()).toBe('kept')
      await started.kill()
    }
    expect(disk.readOnly(false)).toBe(true)
    const again = await spawnServer({ dir })
    expect((await stateOf(again.wsUrl)).getText('t').toString()).toBe('kept')
  })

  test('[ROOM8] in process, whatever is the reason', async () => {
    let broken = false
    const refuse = () => {
      if (broken) throw new Error('the disk is gone')
    }
    const log = new MemoryLog({ beforeAppend: refuse, beforeProbe: refuse })
    const server = await createServer({ log, port: 0, logLevel: 'silent' })
    onTestFinished(() => server.close())
    const at = { url: server.url, wsUrl: server.url.replace('http', 'ws') }
    await refusingStore(
      at,
      () => void (broken = true),
      () => void (broken = false),
    )
  })

  const most = rounds(12, 60)

  test(`[ROOM8] [ROOM5] whichever append fails, 1st to ${most}th: nothing acknowledged is lost, everybody agrees in the end`, {
    timeout: 30_000 + most * 3_000,
  }, async () => {
    let acknowledged = 0
    let lost = 0
    for (let k = 1; k <= most; k++) {
      let appends = 0
      const log = new MemoryLog({
        beforeAppend: async () => {
          // Fails late as well as at once: edits pile up behind it.
          const mine = ++appends
          if (mine % 3 === 0) await sleep(2)
          if (mine === k) throw new Error(`append ${k}`)
        },
      })
      const server = await createServer({ log, port: 0, logLevel: 'silent' })
      const wsUrl = server.url.replace('http', 'ws')
      const clients = [new NativeClient('a'), new NativeClient('b'), new NativeClient('c')]
      await Promise.all(clients.map(client => client.connect(wsUrl, name)))
      const random = seededRandom(k)
      for (let edits = 0; edits < 150 || appends < k; edits++) {
        for (const client of clients) randomEdit(client.doc, random)
        if (edits % 3 === 0) await sleep(1)
      }
      await Promise.all(clients.map(client => client.settled()))
      const { entries } = await log.open(name as DocName)
      const state = new Y.Doc()
      for (const entry of entries) Y.applyUpdate(state, entry.bytes)
      for (const client of clients) {
        acknowledged += client.acknowledged.length
        lost += lacking(state, client.acknowledged)
        expect(lacking(state, client.seen), `seen, k = ${k}`).toBe(0)
        await client.until(() => client.position === entries.length)
        expect(lacking(client.doc, [Y.encodeStateAsUpdate(state)])).toBe(0)
        expect(client.refusals.every(refusal => refusal.code === 'store-unavailable')).toBe(true)
        await client.leave()
      }
      await server.close()
    }
    tellFigures('appends that fail', { failed: most, acknowledged, lost })
    expect(lost).toBe(0)
  })
})
