import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeServerMessage, encodeClientMessage, subprotocol } from '@tutti/core'
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { needs } from '../support/requires.ts'
import { scaled } from '../support/scale.ts'
import { type ServerProcess, spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const readers = scaled(80, 400)
const stalled = readers / 2
const updateBytes = 20_000
const MiB = 1024 * 1024
/** More than two kernels' buffers take for one connection: only then is a reader behind. */
const missedBytes = 14 * MiB
/** What those who always read are compared by: where nobody is behind, more of the same tells nothing new. */
const comparedBytes = missedBytes / 4
/** What the server writes to those who read; far more than 10 MB/s, and what one machine can both write and read. */
const writtenPerSecond = 40 * MiB

function rss(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1]) * 1024
}

/** A reader as cheap as can be: it counts how far it was sent, and keeps the bytes only where asked to. */
class Listener {
  readonly socket: WebSocket
  position = 0
  pushes = 0
  /** Bytes of everything pushed, for the one that is compared with the whole. */
  kept: Uint8Array[] | null = null
  onPush: ((to: number) => void) | null = null
  closed = 0
  readonly ready: Promise<void>

  constructor(server: ServerProcess, id: number) {
    this.socket = new WebSocket(server.wsUrl, [subprotocol])
    this.socket.on('close', code => {
      this.closed = code
    })
    this.ready = new Promise((resolve, reject) => {
      this.socket.on('error', reject)
      this.socket.on('open', () => {
        const device = 'd'
        this.socket.send(
          encodeClientMessage({ type: 'hello', version: 1, device, session: `s${id}`, agent: '', token: '' }),
        )
        const stateVector = Uint8Array.of(0)
        this.socket.send(
          encodeClientMessage({
            type: 'open',
            request: 1,
            doc: 'song',
            epoch: '',
            position: 0,
            stateVector,
            client: 0,
          }),
        )
      })
      this.socket.on('message', data => {
        const bytes = data as Buffer
        // Only the head of a push is looked at: hundreds of readers share one thread here.
        const decoded = decodeServerMessage(bytes)
        if (!decoded.ok) throw new Error(decoded.error.message)
        const message = decoded.value
        if (message.type === 'state') resolve()
        if (message.type !== 'push') return
        if (message.from !== this.position + 1) throw new Error(`${message.from} came after ${this.position}`)
        this.position = message.to
        this.pushes++
        this.kept?.push(message.bytes.slice())
        this.onPush?.(message.to)
      })
    })
  }
}

interface Outcome {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly grownBytes: number
  readonly inPerSecond: number
}

/** Writes so much while `stalledCount` readers, besides those that read, do not; then they do, and all must have it all. */
async function run(stalledCount: number, bytes: number): Promise<Outcome> {
  const server = await spawnServer({ dir: await tempDir('stalled'), args: ['--log-level', 'warn'] })
  const author = new WebSocket(server.wsUrl, [subprotocol])
  let channel = -1
  const opened = new Promise<void>(resolve => {
    author.on('message', data => {
      const decoded = decodeServerMessage(data as Buffer)
      if (!decoded.ok || decoded.value.type !== 'opened') return
      channel = decoded.value.channel
      resolve()
    })
  })
  await new Promise(resolve => author.on('open', resolve))
  author.send(encodeClientMessage({ type: 'hello', version: 1, device: 'd', session: 'author', agent: '', token: '' }))
  const stateVector = Uint8Array.of(0)
  author.send(
    encodeClientMessage({ type: 'open', request: 1, doc: 'song', epoch: '', position: 0, stateVector, client: 0 }),
  )
  await opened

  const all = Array.from({ length: readers - stalled + stalledCount }, (_, i) => new Listener(server, i))
  await Promise.all(all.map(reader => reader.ready))
  const asleep = all.slice(0, stalledCount)
  const awake = all.slice(stalledCount)
  // A few are timed, spread over those that read.
  const sentTicks: number[] = [0]
  const delays: number[] = []
  for (let i = 0; i < awake.length; i += Math.ceil(awake.length / 10)) {
    const reader = awake[i] as Listener
    let before = 0
    reader.onPush = to => {
      for (let at = before + 1; at <= to; at++) delays.push(performance.now() - (sentTicks[at] as number))
      before = to
    }
  }
  const last = asleep[0]
  if (last !== undefined) last.kept = []
  for (const reader of asleep) reader.socket.pause()
  await sleep(300)
  const before = rss(server.pid)

  // What the document is made of is bounded: each update replaces the one before it.
  const doc = new Y.Doc()
  const map = doc.getMap('m')
  let update = new Uint8Array()
  doc.on('update', bytes => {
    update = bytes as Uint8Array<ArrayBuffer>
  })
  const count = Math.ceil(bytes / updateBytes)
  const gapMs = (1000 * updateBytes * (readers - stalled)) / writtenPerSecond
  const began = performance.now()
  let most = before
  for (let i = 1; i <= count; i++) {
    map.set('k', `${i}`.padEnd(updateBytes, 'x'))
    sentTicks.push(performance.now())
    author.send(encodeClientMessage({ type: 'update', channel, counter: i, base: 0, resync: false, bytes: update }))
    const waitMs = began + i * gapMs - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    if (i % 10 === 0) most = Math.max(most, rss(server.pid))
    // They do not read, but they are there: who says nothing for 60 s is gone, whatever it missed.
    if (i % 50 === 0) for (const reader of asleep) reader.socket.send(encodeClientMessage({ type: 'beat' }))
  }
  const tookMs = performance.now() - began
  const deadline = performance.now() + 20_000
  while (awake.some(reader => reader.position < count)) {
    if (performance.now() > deadline) throw new Error('those who read did not get everything')
    await sleep(20)
  }
  most = Math.max(most, rss(server.pid))
  for (const reader of asleep) reader.socket.resume()
  while (asleep.some(reader => reader.position < count)) {
    if (performance.now() > deadline + 20_000) throw new Error('the stalled did not converge')
    expect(asleep.every(reader => reader.closed === 0)).toBe(true)
    await sleep(20)
  }
  // Served in steps, merged: they were behind.
  for (const reader of asleep) expect(reader.pushes).toBeLessThan(count)
  if (last !== undefined) {
    const replica = new Y.Doc()
    for (const bytes of last.kept ?? []) Y.applyUpdate(replica, bytes)
    expect(replica.getMap('m').get('k')).toBe(map.get('k'))
  }
  for (const reader of all) reader.socket.terminate()
  author.terminate()
  await server.kill('SIGTERM')
  delays.sort((a, b) => a - b)
  return {
    p50Ms: delays[delays.length >> 1] as number,
    p99Ms: delays[Math.floor(delays.length * 0.99)] as number,
    grownBytes: most - before,
    inPerSecond: (count * updateBytes * 1000) / tookMs,
  }
}

const { it } = needs(process.platform === 'linux', 'Linux, where /proc tells what a process uses,')

it(`[SRV8] ${stalled} of ${readers} readers stop reading: at most 1 MiB each, the others are not slowed, the stalled converge`, {
  timeout: 400_000,
}, async () => {
  const without = await run(0, comparedBytes)
  const withStalled = await run(stalled, missedBytes)
  const each = (withStalled.grownBytes - without.grownBytes) / stalled
  const mb = (bytes: number) => (bytes / MiB).toFixed(1)
  console.log(
    `stalled readers: ${stalled} of ${readers}, ${mb(withStalled.inPerSecond)} MB/s of updates, ${mb(withStalled.inPerSecond * stalled)} MB/s written; growth ${mb(without.grownBytes)} MiB with none, ` +
      `${mb(withStalled.grownBytes)} MiB with them (${mb(each)} MiB each); ` +
      `p99 ${without.p99Ms.toFixed(0)} ms and ${withStalled.p99Ms.toFixed(0)} ms`,
  )
  expect(each).toBeLessThan(MiB)
  // Generous where the machine is busy with other things, too: a reader that blocks others blocks them for seconds.
  expect(withStalled.p50Ms).toBeLessThan(2 * without.p50Ms + 50)
  expect(withStalled.p99Ms).toBeLessThan(2 * without.p99Ms + 250)
})
