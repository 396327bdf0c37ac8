// What the durable log costs. After `npm run build`: node bench/log/append.mjs
//   - durable appends per second and their latency, for 1, 100 and 1,000 callers who each wait for their answer
//   - the same at a steady rate over 1,000 documents
//   - a document of 260,000 keystrokes: opening it, folding it, its size on disk before and after, reading its history
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seq, systemEnv } from '@tutti/core'
import { openLevelLog } from '@tutti/server'
import * as Y from 'yjs'

const author = { subject: 'ana', device: 'laptop', session: 's1' }
const epoch = 'e1'
const seconds = Number(process.argv[2] ?? 2)

async function inFolder(run) {
  const folder = mkdtempSync(join(tmpdir(), 'tutti-bench-'))
  const log = await openLevelLog(folder, systemEnv)
  try {
    await run(log, folder)
  } finally {
    await log.close()
    rmSync(folder, { recursive: true })
  }
}

function meter() {
  const latencies = []
  const cpu = process.cpuUsage()
  const start = performance.now()
  return {
    add: ms => latencies.push(ms),
    tell: what => {
      const took = (performance.now() - start) / 1000
      const { user, system } = process.cpuUsage(cpu)
      latencies.sort((a, b) => a - b)
      const at = share => latencies[Math.floor(latencies.length * share)].toFixed(2)
      const rate = Math.round(latencies.length / took)
      const each = ((user + system) / latencies.length).toFixed(1)
      process.stdout.write(`${what}: ${rate}/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${each} us CPU each\n`)
    },
  }
}

const bytes = new Uint8Array(100).fill(7)
const entry = counter => ({ bytes, at: 1_700_000_000_000, base: seq(0), author, counter })

async function closedLoop(appenders) {
  await inFolder(async log => {
    const { add, tell } = meter()
    const end = performance.now() + seconds * 1000
    const work = async number => {
      for (let n = 1; performance.now() < end; n++) {
        const asked = performance.now()
        await log.append(`doc-${number}`, epoch, [entry(n)])
        add(performance.now() - asked)
      }
    }
    await Promise.all(Array.from({ length: appenders }, (_, number) => work(number)))
    tell(`${appenders} callers in a loop`)
  })
}

async function steady(perSecond) {
  await inFolder(async log => {
    const { add, tell } = meter()
    const start = performance.now()
    const calls = []
    await new Promise(resolve => {
      const ticking = setInterval(() => {
        const passed = performance.now() - start
        while (calls.length < (passed / 1000) * perSecond) {
          const asked = performance.now()
          const doc = `doc-${calls.length % 1000}`
          calls.push(log.append(doc, epoch, [entry(calls.length)]).then(() => add(performance.now() - asked)))
        }
        if (passed > seconds * 1000) {
          clearInterval(ticking)
          resolve()
        }
      }, 1)
    })
    await Promise.all(calls)
    tell(`${perSecond} a second over 1,000 documents`)
  })
}

function sizeOf(folder) {
  let size = 0
  for (const file of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (file.isFile()) size += statSync(join(file.parentPath, file.name)).size
  }
  return size
}

/** Typing with corrections and jumps, one update a keystroke. */
function keystrokes(count) {
  const doc = new Y.Doc()
  const updates = []
  doc.on('update', update => updates.push(update))
  const text = doc.getText('text')
  let state = 12345
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648
  let at = 0
  while (updates.length < count) {
    if (random() < 0.005) at = Math.floor(random() * text.length)
    if (random() < 0.15 && at > 0) text.delete(--at, 1)
    else text.insert(at++, 'etaoin shrdlu'[Math.floor(random() * 13)])
  }
  return { updates, state: Y.encodeStateAsUpdate(doc) }
}

async function longDocument(count) {
  const { updates, state } = keystrokes(count)
  await inFolder(async (log, folder) => {
    const timed = async (what, run) => {
      const start = performance.now()
      const result = await run()
      process.stdout.write(`${count} keystrokes, ${what}: ${Math.round(performance.now() - start)} ms\n`)
      return result
    }
    await timed('appending', async () => {
      for (let i = 0; i < count; i += 2000) {
        const entries = updates.slice(i, i + 2000)
        await log.append(
          'long',
          epoch,
          entries.map((update, n) => ({ ...entry(i + n + 1), bytes: update, base: seq(i + n) })),
        )
      }
    })
    const before = sizeOf(folder)
    await timed('opening', () => log.open('long'))
    await timed('folding', () => log.checkpoint('long', { seq: seq(count), bytes: state, at: 1, content: '' }))
    await timed('reading history', () => log.history('long', seq(1), seq(count)))
    process.stdout.write(
      `on disk ${before} bytes, after folding ${sizeOf(folder)}, the state alone is ${state.length}\n`,
    )
  })
}

for (const appenders of [1, 100, 1000]) await closedLoop(appenders)
for (const perSecond of [200, 2000]) await steady(perSecond)
await longDocument(260_000)
