import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { readU32, readU48, type Millis, type Timers } from '@tutti/core'

// LevelDB can abort the whole process when its files are damaged. So a store is read first by a process that may die.

/**
 * The program of that process. It is text, because it must run the same from the sources, from a build and from a bundle.
 * It prints frames: u32 length, then u8 kind and content (kinds: h head record, t key of a removed
 * document, s the salvage mark, b key of a record whose seal is broken, e error text, r u48 count of whole records · u8
 * complete · u8 heads complete).
 */
const program = String.raw`
const { crc32 } = require('node:zlib')
const [modulePath, task, location, timeMs] = process.argv.slice(1)
const { Level } = require(modulePath)
const out = []
let outBytes = 0
const { writeSync } = require('node:fs')
function flush() {
  const whole = Buffer.concat(out)
  for (let at = 0; at < whole.length; ) {
    try { at += writeSync(1, whole, at) } catch (error) { if (error.code !== 'EAGAIN') throw error }
  }
  out.length = outBytes = 0
}
function say(kind, content) {
  const head = Buffer.alloc(5)
  head.writeUInt32LE(1 + content.length)
  head[4] = kind.charCodeAt(0)
  out.push(head, content)
  outBytes += 5 + content.length
  if (outBytes > 65536) flush()
}
async function scan() {
  const deadline = performance.now() + Number(timeMs)
  let whole = 0, bad = 0, complete = true, headsComplete = false
  try {
    const db = new Level(location, { keyEncoding: 'buffer', valueEncoding: 'buffer', createIfMissing: false })
    await db.open()
    const iterator = db.iterator({ highWaterMarkBytes: 1048576 })
    for (;;) {
      const batch = await iterator.nextv(1000)
      if (batch.length === 0) { headsComplete = true; break }
      for (const [key, value] of batch) {
        const isWhole = value.length > 4 + key.length && key.compare(value, 4, 4 + key.length) === 0 &&
          value.readUInt32LE(0) === crc32(value.subarray(4))
        if (isWhole) whole++
        else if (bad++ < 1000) say('b', key)
        if (key[0] === 0x44 && isWhole) say('h', value.subarray(4))
        if (isWhole && key.toString('latin1') === '!salvaged') say('s', value.subarray(4 + key.length + 1))
        if (key[0] === 0x52 && isWhole) say('t', key)
        if (key[0] > 0x52) headsComplete = true
      }
      if (performance.now() > deadline) { complete = false; break }
    }
    await iterator.close()
    await db.close()
  } catch (error) {
    complete = false
    say('e', Buffer.from(String((error.cause ?? error).message)))
  }
  const last = Buffer.alloc(8)
  last.writeUIntLE(whole, 0, 6)
  last[6] = complete ? 1 : 0
  last[7] = headsComplete ? 1 : 0
  say('r', last)
}
async function main() {
  if (task === 'scan') await scan()
  else {
    try { await Level.repair(location); say('r', Buffer.alloc(8)) }
    catch (error) { say('e', Buffer.from(String(error.message))) }
  }
  flush()
}
main()
`

export interface ScannedHead {
  readonly seq: number
  readonly checkpointSeq: number
}

export interface ScanReport {
  /** False when the process died, or was ended because it took too long. */
  readonly survived: boolean
  /** Why opening or reading failed; "" when neither did. */
  readonly error: string
  /** Whole records read. */
  readonly records: number
  /** Every record was read. Not so when time was up. */
  readonly complete: boolean
  /** `heads` has every head that is there. */
  readonly headsComplete: boolean
  readonly heads: ReadonlyMap<number, ScannedHead>
  /** Numbers of documents that were removed. */
  readonly removed: ReadonlySet<number>
  /** Keys whose record is not what was sealed, at most a thousand. */
  readonly brokenKeys: readonly Uint8Array[]
  /** What the last salvage could not bring back, in the words of open-level.ts. */
  readonly salvageMark: string
}

/** Opens and reads a whole store in another process, for about `timeMs`. Changes the store as opening does: give it a copy. */
export async function scanInChild(location: string, timers: Timers, timeMs: Millis): Promise<ScanReport> {
  const { output, code } = await run(['scan', location, String(timeMs)], timers, timeMs + 20_000)
  const heads = new Map<number, ScannedHead>()
  const removed = new Set<number>()
  const brokenKeys: Uint8Array[] = []
  let report: ScanReport = {
    survived: false,
    error: '',
    records: 0,
    complete: false,
    headsComplete: false,
    heads,
    removed,
    brokenKeys,
    salvageMark: '',
  }
  for (const [kind, content] of frames(output)) {
    if (kind === 'h') {
      heads.set(content.readUInt32BE(1), { seq: readU48(content, 6), checkpointSeq: readU48(content, 12) })
    } else if (kind === 't') removed.add(content.readUInt32BE(1))
    else if (kind === 'b') brokenKeys.push(Uint8Array.from(content))
    else if (kind === 'e') report = { ...report, error: content.toString() }
    else if (kind === 's') report = { ...report, salvageMark: content.toString() }
    else if (kind === 'r' && code === 0) {
      const records = readU48(content, 0)
      report = { ...report, survived: true, records, complete: content[6] === 1, headsComplete: content[7] === 1 }
    }
  }
  return report
}

/** LevelDB's own repair, in another process. False when it failed. */
export async function repairInChild(location: string, timers: Timers): Promise<boolean> {
  const { output, code } = await run(['repair', location, '0'], timers, 600_000)
  return code === 0 && frames(output).some(([kind]) => kind === 'r')
}

function frames(output: Buffer): [string, Buffer][] {
  const found: [string, Buffer][] = []
  for (let at = 0; at + 5 <= output.length; ) {
    const end = at + 4 + readU32(output, at)
    if (end > output.length) break
    found.push([String.fromCharCode(output[at + 4] as number), output.subarray(at + 5, end)])
    at = end
  }
  return found
}

function run(args: string[], timers: Timers, limitMs: Millis): Promise<{ output: Buffer; code: number | null }> {
  const modulePath = createRequire(import.meta.url).resolve('level')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=commonjs', '-e', program, '--', modulePath, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] },
    })
    const parts: Buffer[] = []
    const cancel = timers.after(limitMs, () => child.kill('SIGKILL'))
    child.stdout.on('data', (part: Buffer) => parts.push(part))
    child.on('error', error => {
      cancel()
      reject(error)
    })
    child.on('close', code => {
      cancel()
      resolve({ output: Buffer.concat(parts), code })
    })
  })
}
