// What the durable log costs. After `npm run build`: node bench/log/append.mjs
//   - durable appends per second and their latency, for 1, 100 and 1,000 callers who each wait for their answer
//   - one document typed into at an even rate, and 1,000 documents at a rate, at most twenty appends in flight
//   - 5,000 new documents with one small write each, every one by a session of its own
//   - a document of 260,000 keystrokes, a hundred a batch: appending, opening and folding it, its size on disk before and
//     after, reading its history
// A second argument runs only the scenarios whose name has it.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seq, systemEnv } from '@tutti/core'
import { openLevelLog } from '@tutti/server'
import * as Y from 'yjs'

const author = { subject: 'ana', device: 'laptop', session: 's1' }
const epoch = 'e1'
const seconds = Number(process.argv[2] ?? 2)
const only = process.argv[3] ?? ''

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

/** `inFlight`: as many as that at once, the others wait for their turn, and their waiting counts. */
async function steady(perSecond, documents, inFlight, what) {
  await inFolder(async log => {
    const { add, tell } = meter()
    const start = performance.now()
    const calls = []
    const free = Array.from({ length: inFlight }, () => Promise.resolve())
    await new Promise(resolve => {
      const ticking = setInterval(
        () => {
          const passed = performance.now() - start
          while (calls.length < (passed / 1000) * perSecond) {
            const number = calls.length
            const asked = performance.now()
            const slot = number % inFlight
            free[slot] = free[slot].then(() => log.append(`doc-${number % documents}`, epoch, [entry(number)]))
            calls.push(free[slot].then(() => add(performance.now() - asked)))
          }
          if (passed > seconds * 1000) {
            clearInterval(ticking)
            resolve()
          }
        },
        Math.max(1, 1000 / perSecond),
      )
    })
    await Promise.all(calls)
    tell(what)
  })
}

async function births(count, inFlight) {
  await inFolder(async log => {
    const { add, tell } = meter()
    let next = 0
    const work = async () => {
      while (next < count) {
        const number = next++
        const asked = performance.now()
        await log.open(`new-${number}`)
        const by = { subject: '', device: '', session: `s${number}` }
        await log.append(`new-${number}`, epoch, [{ ...entry(1), bytes: bytes.subarray(0, 20), author: by }])
        add(performance.now() - asked)
      }
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    tell(`${count} new documents`)
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
    const cpu = process.cpuUsage()
    await timed('appending', async () => {
      for (let i = 0; i < count; i += 100) {
        const entries = updates
          .slice(i, i + 100)
          .map((update, n) => ({ ...entry(i + n + 1), bytes: update, base: seq(i) }))
        // As a relay does under load: the next batch is there before the last one is stored.
        const appended = log.append('long', epoch, entries)
        if (i % 2000 === 0) await appended
      }
    })
    const { user, system } = process.cpuUsage(cpu)
    process.stdout.write(`${count} keystrokes, appending: ${((user + system) / count).toFixed(2)} us CPU each\n`)
    const before = sizeOf(folder)
    for (let n = 0; n < 3; n++) await timed('opening', () => log.open('long'))
    await timed('folding', () => log.checkpoint('long', { seq: seq(count), bytes: state, at: 1, content: '' }))
    await timed('reading history', () => log.history('long', seq(1), seq(count)))
    process.stdout.write(
      `on disk ${before} bytes, after folding ${sizeOf(folder)}, the state alone is ${state.length}\n`,
    )
  })
}

const scenarios = {
  'loop 1': () => closedLoop(1),
  'loop 100': () => closedLoop(100),
  'loop 1000': () => closedLoop(1000),
  'typist 10': () => steady(10, 1, 1, 'one document, 10 a second'),
  'typist 100': () => steady(100, 1, 1, 'one document, 100 a second'),
  'typist 200': () => steady(200, 1, 1, 'one document, 200 a second'),
  'many 200': () => steady(200, 1000, 20, '200 a second over 1,000 documents'),
  'many 2000': () => steady(2000, 1000, 20, '2,000 a second over 1,000 documents'),
  births: () => births(5000, 20),
  long: () => longDocument(260_000),
}
for (const [name, run] of Object.entries(scenarios)) if (name.includes(only)) await run()
