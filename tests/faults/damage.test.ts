import { spawn } from 'node:child_process'
import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DocName, type Epoch, type Finding, type NewEntry, seq, systemEnv } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'
import { scaled } from '../support/scale.ts'
import { openTempDir } from '../support/temp-dir.ts'
import { bundle } from './bundle.ts'

interface Reading {
  readonly refused: { readonly code: string; readonly message: string } | null
  readonly findings: readonly Finding[]
  readonly listed: readonly { readonly doc: string }[]
  readonly documents: Readonly<
    Record<string, { head: number; digest: string; history: string; findings: readonly Finding[]; append: string }>
  >
}

const faults = scaled(16, 300)
/** Other faults than the usual ones: `TUTTI_SEED=1000`. */
const firstSeed = Number(process.env['TUTTI_SEED'] ?? 0)
const atOnce = 2
const names = ['ballad', 'blues', 'folk/tune', 'jazz', 'march', 'polka', 'reel', 'waltz', 'born last'] as DocName[]
const epoch = 'e1' as Epoch

let folder = ''
let remove: () => Promise<void> = async () => {}
let program = ''

beforeAll(async () => {
  ;({ path: folder, remove } = await openTempDir('damage'))
  program = await bundle('tests/faults/log-entry.ts', folder)
  await buildStore()
}, 60_000)

afterAll(() => remove())

/** A store of several lives: folded and long documents, fresh ones, a removed one; tables, a log, and journals. */
async function buildStore() {
  const random = seededRandom(7)
  const store = join(folder, 'store')
  const author = (n: number) => ({ subject: `user ${n}`, device: `device ${n}`, session: `session ${n}` })
  const entries = (count: number, size: number): NewEntry[] =>
    Array.from({ length: count }, (_, i) => ({
      bytes: random.bytes(1 + Math.floor(random.next() * size)),
      at: 1_700_000_000_000 + i,
      base: seq(i),
      author: author(i % 3),
      counter: i + 1,
    }))
  for (let life = 0; life < 4; life++) {
    const log = await openLevelLog(store, systemEnv)
    for (const [i, doc] of names.slice(0, 8).entries()) {
      for (let turn = 0; turn < 6; turn++) await log.append(doc, epoch, entries(20 + 10 * i, 40 + i * 30))
    }
    if (life === 1) await log.append('forgotten' as DocName, epoch, entries(50, 200))
    if (life === 2) await log.remove('forgotten' as DocName)
    for (const doc of names.slice(0, life)) {
      const { head } = await log.open(doc)
      await log.checkpoint(doc, { seq: seq(head - 5), bytes: random.bytes(3000), at: 1, content: 'aa' })
    }
    if (life === 3) {
      await log.append(names[8] as DocName, epoch, entries(30, 100))
      // As a crash leaves it: the log of LevelDB not yet turned into a table, nothing closed. What the journal does not
      // know yet cannot be missed: so it is one some milliseconds after the last write.
      const journal = join(store, 'names')
      await vi.waitFor(async () => expect(await readFile(journal, 'latin1')).toContain('born last'))
      await cp(store, join(folder, 'crashed'), { recursive: true })
    }
    await log.close()
  }
}

describe('damage', () => {
  test('[LOG13] every fault that changes what is read is found and named, and no process ends', async () => {
    const baselines = {
      store: await read(await copyOf('store', 'base-1')),
      crashed: await read(await copyOf('crashed', 'base-2')),
    }
    for (const baseline of Object.values(baselines)) {
      expect(baseline).toMatchObject({ refused: null, findings: [] })
      expect(Object.keys(baseline.documents).sort()).toEqual([...names].sort())
      for (const document of Object.values(baseline.documents)) expect(document.findings).toEqual([])
    }
    const tally = { harmless: 0, noticed: 0, found: 0, refused: 0, byKind: {} as Record<string, number> }
    const missed: string[] = []
    const trial = async (seed: number) => {
      const from = seed % 2 === 0 ? 'store' : 'crashed'
      const path = await copyOf(from, `trial-${seed}`)
      const fault = await damage(path, seed)
      const reading = await read(path, names).catch((error: Error) => error)
      const verdict = judge(baselines[from], reading)
      if (verdict.startsWith('missed')) missed.push(`seed ${seed}, ${fault}: ${verdict}`)
      else tally[verdict as 'harmless' | 'noticed' | 'found' | 'refused']++
      const kind = fault.split(' ')[0] as string
      tally.byKind[kind] = (tally.byKind[kind] ?? 0) + 1
      await rm(path, { recursive: true, force: true })
    }
    let next = 0
    const worker = async () => {
      while (next < faults) await trial(firstSeed + next++)
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    process.stdout.write(
      `${faults} faults (${JSON.stringify(tally.byKind)}): ${tally.found} harmful and named, ${tally.refused} refused to open, ` +
        `${tally.noticed} noticed that changed nothing, ${tally.harmless} without effect, ${missed.length} missed\n`,
    )
    expect(missed).toEqual([])
  }, 600_000)
})

async function copyOf(name: string, as: string): Promise<string> {
  const path = join(folder, as)
  await cp(join(folder, name), path, { recursive: true })
  return path
}

/** What is wrong with what was read, if anything; a difference that is named is no miss. */
function judge(baseline: Reading, reading: Reading | Error): string {
  if (reading instanceof Error) return `missed: ${reading.message}`
  if (reading.refused !== null) {
    const isClear = reading.refused.code === 'store-unavailable' && reading.refused.message.includes(folder)
    return isClear ? 'refused' : `missed: refused without a reason, ${JSON.stringify(reading.refused)}`
  }
  let harmed = false
  for (const doc of new Set([...Object.keys(baseline.documents), ...reading.listed.map(({ doc }) => doc)])) {
    const before = baseline.documents[doc]
    const after = reading.documents[doc]
    const isEqual = before?.digest === after?.digest && before?.history === after?.history
    const isNamed = (after?.findings.length ?? 0) > 0 || after?.history.startsWith('refused') === true
    if (!isEqual) harmed = true
    if (!isEqual && !isNamed) return `missed: ${doc} reads differently`
    if ((after?.findings.length ?? 0) > 0 && after?.append !== 'document-unavailable') {
      return `missed: ${doc} is damaged and takes writes (${after?.append})`
    }
    if (after?.findings.length === 0 && after.append !== 'accepted')
      return `missed: ${doc} refuses writes: ${after.append}`
    if (isEqual && !reading.listed.some(listed => listed.doc === doc) && !isNamed) return `missed: ${doc} is not listed`
  }
  if (harmed) return 'found'
  return reading.findings.length > 0 ? 'noticed' : 'harmless'
}

/** Applies one fault and tells which. */
async function damage(path: string, seed: number): Promise<string> {
  const random = seededRandom(seed * 7919 + 1)
  const below = (limit: number) => Math.floor(random.next() * limit)
  const files = await readdir(path, { recursive: true, withFileTypes: true })
  const byKind = new Map<string, string[]>()
  for (const file of files) {
    if (!file.isFile()) continue
    const kind = file.name.replace(/^\d+|-\d+$/, '')
    byKind.set(kind, [...(byKind.get(kind) ?? []), join(file.parentPath, file.name)])
  }
  // Tables hold most of the data, so most of the faults.
  const kinds = [...byKind.keys(), '.ldb', '.ldb', '.ldb', '.log', '.log', 'MANIFEST'].filter(kind => byKind.has(kind))
  const candidates = byKind.get(kinds[below(kinds.length)] as string) as string[]
  const file = candidates.sort()[below(candidates.length)] as string
  const bytes = await readFile(file)
  const what = ['flip', 'truncate', 'zero', 'swap', 'delete'][below(5)] as string
  const name = file.slice(path.length + 1)
  if (what === 'delete') await rm(file)
  else if (bytes.length === 0) return `${what} ${name} (empty)`
  else if (what === 'truncate') await truncate(file, below(bytes.length))
  else {
    const at = below(bytes.length)
    if (what === 'flip') bytes[at] = (bytes[at] as number) ^ (1 << below(8))
    else if (what === 'zero') bytes.fill(0, at - (at % 4096), Math.min(bytes.length, at - (at % 4096) + 4096))
    else {
      const size = Math.min(4096, bytes.length >> 1)
      const other = below(Math.max(1, bytes.length - size))
      const here = Math.min(at, bytes.length - size)
      const kept = Buffer.from(bytes.subarray(here, here + size))
      bytes.copyWithin(here, other, other + size)
      kept.copy(bytes, other)
    }
    await writeFile(file, bytes)
    return `${what} ${name} at ${at} of ${bytes.length}`
  }
  return `${what} ${name}`
}

/** Reads a store in a process of its own. Rejects when the process ends in any way but the good one. */
function read(path: string, docs: readonly string[] = []): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const runner = join(import.meta.dirname, 'damage-trial.mjs')
    const child = spawn(process.execPath, [runner, program, path, ...docs], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', part => {
      output += part
    })
    child.stderr.on('data', part => {
      errors += part
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0 && signal === null) resolve(JSON.parse(output) as Reading)
      else reject(new Error(`the process ended with ${signal ?? code}: ${errors.slice(0, 500)}`))
    })
  })
}
