import { spawn } from 'node:child_process'
import { cp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contentDigest, type DocName } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { tellFigures } from '../support/figures.ts'
import { rounds } from '../support/scale.ts'
import { inMemory, openTempDir } from '../support/temp-dir.ts'
import { bundle } from './bundle.ts'
import { type BuiltStores, buildStores, damage } from './damaged-store.ts'
import type { StoreReading } from './read-store.ts'

const faults = rounds(16, 300)
/** Other faults than the usual ones: `TUTTI_SEED=1000`. */
const firstSeed = Number(process.env['TUTTI_SEED'] ?? 0)
const atOnce = 2

let folder = ''
let remove: () => Promise<void> = async () => {}
let program = ''
let built: BuiltStores
/** Digests of the documents as they were. */
let contents: ReadonlyMap<string, string>

beforeAll(async () => {
  ;({ path: folder, remove } = await openTempDir('damage', inMemory))
  program = await bundle('tests/faults/log-entry.ts', folder)
  built = await buildStores(folder)
  contents = new Map([...built.contents].map(([doc, update]) => [doc, digestOf(update)]))
}, 60_000)

afterAll(() => remove())

test(`[LOG13] ${faults} faults: each that changes what is read is found and named, and every document with an intact source is restored`, {
  timeout: 60_000 + faults * 5_000,
}, async () => {
  const baselines = {
    closed: await read(await copyOf('closed', 'base-1')),
    crashed: await read(await copyOf('crashed', 'base-2')),
  }
  for (const baseline of Object.values(baselines)) {
    expect(baseline).toMatchObject({ refused: null, findings: [] })
    expect(Object.keys(baseline.documents).sort()).toEqual([...contents.keys()].sort())
    for (const document of Object.values(baseline.documents)) expect(document.findings).toEqual([])
  }
  const tally = { harmless: 0, noticed: 0, found: 0, refused: 0 }
  const byFault: Record<string, number> = {}
  const documents = { touched: 0, 'with an intact source': 0, restored: 0 }
  const wrong: string[] = []
  const trial = async (seed: number) => {
    const from = seed % 2 === 0 ? 'closed' : 'crashed'
    const path = await copyOf(from, `trial-${seed}`)
    const fault = await damage(path, built.earlier, seed)
    const clients = clientsOf(seed)
    const reading = await read(path, clients).catch((error: Error) => error)
    const verdict = judge(baselines[from], reading)
    if (verdict.startsWith('missed')) wrong.push(`seed ${seed}, ${fault}: ${verdict}`)
    else tally[verdict as keyof typeof tally]++
    const kind = fault.split(' ')[0] as string
    byFault[kind] = (byFault[kind] ?? 0) + 1
    for (const [doc, { left, after }] of Object.entries(reading instanceof Error ? {} : reading.mended)) {
      const before = contents.get(doc)
      if (before === undefined) continue
      const hasSource = clients.has(doc as DocName) || left === before
      documents.touched++
      documents['with an intact source'] += Number(hasSource)
      documents.restored += Number(hasSource && after === before)
      if (hasSource && after !== before) wrong.push(`seed ${seed}, ${fault}: ${doc} was not restored`)
    }
    await rm(path, { recursive: true, force: true })
    await rm(`${path}.json`)
  }
  let next = 0
  const worker = async () => {
    while (next < faults) await trial(firstSeed + next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const harmful = tally.found + tally.refused + wrong.length
  const of = Object.entries(byFault).map(([kind, count]) => `${kind} ${count}`)
  tellFigures('damage', {
    faults: `${faults} (${of.sort().join(' + ')})`,
    harmful,
    'found and named': tally.found,
    'refused to open': tally.refused,
    'noticed that changed nothing': tally.noticed,
    'without effect': tally.harmless,
    ...Object.fromEntries(Object.entries(documents).map(([what, count]) => [`documents ${what}`, count])),
    wrong: wrong.length,
  })
  expect(wrong).toEqual([])
})

async function copyOf(name: 'closed' | 'crashed', as: string): Promise<string> {
  const path = join(folder, as)
  await cp(built[name], path, { recursive: true })
  return path
}

/** About half of the documents are also with a client who has seen everything. */
function clientsOf(seed: number): ReadonlyMap<DocName, Uint8Array> {
  const random = seededRandom(seed + 1)
  return new Map([...built.contents].filter(() => random.next() < 0.5))
}

function digestOf(update: Uint8Array): string {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return contentDigest(doc)
}

/** What is wrong with what was read, if anything; a difference that is named is no miss. */
function judge(baseline: StoreReading, reading: StoreReading | Error): string {
  if (reading instanceof Error) return `missed: ${reading.message}`
  if (reading.refused !== null) {
    const isClear = reading.refused.code === 'store-unavailable' && reading.refused.message.includes(folder)
    return isClear ? 'refused' : `missed: refused without a reason, ${JSON.stringify(reading.refused)}`
  }
  let harmed = false
  for (const doc of new Set([...Object.keys(baseline.documents), ...reading.listed])) {
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
    if (isEqual && !reading.listed.includes(doc) && !isNamed) return `missed: ${doc} is not listed`
  }
  if (harmed) return 'found'
  return reading.findings.length > 0 ? 'noticed' : 'harmless'
}

/** Reads a store in a process of its own. Rejects when the process ends in any way but the good one. */
async function read(path: string, clients: ReadonlyMap<DocName, Uint8Array> = new Map()): Promise<StoreReading> {
  const states = Object.fromEntries([...clients].map(([doc, bytes]) => [doc, Buffer.from(bytes).toString('base64')]))
  const asked = `${path}.json`
  await writeFile(asked, JSON.stringify({ docs: [...contents.keys()], clients: states }))
  const runner = join(import.meta.dirname, 'read-store.mjs')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [runner, program, path, asked], { stdio: ['ignore', 'pipe', 'pipe'] })
    onTestFinished(() => void child.kill('SIGKILL'))
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
      if (code === 0 && signal === null) resolve(JSON.parse(output) as StoreReading)
      else reject(new Error(`the process ended with ${signal ?? code}: ${errors.slice(0, 500)}`))
    })
  })
}
