// Writes until it is killed, telling what was acknowledged. node log-writer.mjs <bundle> <folder> <seed> [unsynced]
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Level } from 'level'

const [bundle, folder, seed, unsynced] = process.argv.slice(2)
if (unsynced === 'unsynced') neverSync()
const { openLevelLog, seq, systemEnv } = await import(bundle)
const log = await openLevelLog(folder, systemEnv)
if (log.findings.length > 0) writeSync(1, `findings ${JSON.stringify(log.findings)}\n`)
writeSync(1, 'ready\n')
const author = { subject: 'ana', device: '', session: `session ${seed}` }
/** Some lives write without a pause, some as people do. */
const pauseMs = [0, 2, 15][seed % 3]

const write = async (doc, i) => {
  const entries = Array.from({ length: 1 + (i % 3) }, (_, n) => ({
    bytes: new Uint8Array(20 + ((i * 37) % 400)).fill(i + n),
    at: 1_700_000_000_000,
    base: seq(0),
    author,
    counter: i,
  }))
  const head = await log.append(doc, 'e1', entries)
  writeSync(1, `${doc} ${head}\n`)
  return head
}

const work = async number => {
  const doc = `doc-${number}`
  for (let i = 1; ; i++) {
    const head = await write(doc, i)
    if (i % 50 === 0) await log.checkpoint(doc, { seq: head, bytes: new Uint8Array(2000).fill(i), at: 1, content: '' })
    if (i % 30 === 0) {
      const passing = `passing-${seed}-${number}-${i}`
      await log.append(passing, 'e1', [{ bytes: new Uint8Array(9), at: 1, base: seq(0), author, counter: 0 }])
      await log.remove(passing)
      writeSync(1, `removed ${passing}\n`)
    }
    if (pauseMs > 0) await sleep(Math.random() * pauseMs)
  }
}
await Promise.all(Array.from({ length: 8 }, (_, number) => work(number)))

/** Takes the promise out of every write: with this, a test that looks for lost edits must find some. */
function neverSync() {
  const [put, batch] = ['put', 'batch'].map(name => Reflect.get(Level.prototype, name))
  Level.prototype.put = function (key, value, options) {
    return put.call(this, key, value, { ...options, sync: false })
  }
  Level.prototype.batch = function (...args) {
    const made = batch.apply(this, args)
    if (args.length > 0) return made
    const write = made.write.bind(made)
    made.write = options => write({ ...options, sync: false })
    return made
  }
}
