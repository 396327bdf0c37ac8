// Writes until it is killed, telling what was acknowledged. node log-writer.mjs <bundle> <folder> <seed> [unsynced]
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [bundle, folder, seed, unsynced] = process.argv.slice(2)
const { openLevelLog, openUnsyncedLog, seq, systemEnv } = await import(bundle)
const log = await (unsynced === 'unsynced' ? openUnsyncedLog : openLevelLog)(folder, systemEnv)
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
