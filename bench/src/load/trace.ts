/**
 * The 259,778-update document: a recorded editing session where there is one, a generated session of the same length
 * elsewhere. It is turned into single updates once and kept in `bench/.peers`, since that takes seconds.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as Y from 'yjs'
import { peersDir, repoDir } from '../places.ts'
import type { Feed } from './feeder.ts'
import { textName } from './typist.ts'

/** The author of every update of the trace. */
export const traceClientId = 0x2fd4_1b03

/** Seed and length of the generated session. */
const generatedSeed = 20_261_120
const generatedEdits = 259_778

export interface Trace {
  /** One V1 update for each edit, in order. */
  readonly updates: readonly Uint8Array[]
  /** The author's clock after each of them (deletions do not move it). */
  readonly clocks: readonly number[]
  /** The text at the end. */
  readonly text: string
}

/** The trace, ready to be typed into a document. */
export function traceFeed(trace: Trace, document: string): Feed {
  return {
    document,
    author: traceClientId,
    count: trace.updates.length,
    update: index => trace.updates[index] ?? new Uint8Array(),
    clockAfter: index => trace.clocks[index] ?? 0,
  }
}

/** The state that some of its updates fold to, as one update. */
export function stateOf(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  return Y.encodeStateAsUpdate(doc)
}

type Patch = readonly [at: number, removed: number, inserted: string]

/** Which session this machine has: its name for the results page. */
export function traceName(): string {
  return recordedFile() === undefined
    ? `generated session of ${generatedEdits} edits, seed ${generatedSeed} (no recorded trace on this machine)`
    : 'automerge-paper, 259,778 edits (josephg/editing-traces, CC BY 4.0)'
}

/** The file with the updates, made when it is not there yet. */
export function prepareTrace(): string {
  const recorded = recordedFile()
  const folder = join(peersDir, 'trace')
  const file = join(folder, recorded === undefined ? `generated-${generatedSeed}.bin` : 'automerge-paper.bin')
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const patches = recorded === undefined ? generatedPatches() : recordedPatches(recorded)
  writeFileSync(`${file}.new`, encode(type(patches)))
  renameSync(`${file}.new`, file)
  return file
}

function recordedFile(): string | undefined {
  const folder = process.env['TUTTI_TRACES'] ?? join(repoDir, '../shared/traces')
  const file = join(folder, 'automerge-paper.json.gz')
  return existsSync(file) ? file : undefined
}

function recordedPatches(file: string): readonly (readonly Patch[])[] {
  const trace = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as { txns: { patches: Patch[] }[] }
  return trace.txns.map(transaction => transaction.patches)
}

/** Bursts of typing with corrections, here and there in the text: the shape of the recorded one, not its content. */
function generatedPatches(): readonly (readonly Patch[])[] {
  let state = generatedSeed
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const edits: (readonly Patch[])[] = []
  let length = 0
  while (edits.length < generatedEdits) {
    let at = random(8) === 0 ? random(length + 1) : length
    for (let burst = 5 + random(60); burst > 0 && edits.length < generatedEdits; burst -= 1) {
      const erase = at > 0 && random(10) < 3
      edits.push([erase ? [at - 1, 1, ''] : [at, 0, String.fromCharCode(97 + random(26))]])
      at += erase ? -1 : 1
      length += erase ? -1 : 1
    }
  }
  return edits
}

function type(edits: readonly (readonly Patch[])[]): Trace {
  const doc = new Y.Doc()
  doc.clientID = traceClientId
  const text = doc.getText(textName)
  const updates: Uint8Array[] = []
  const clocks: number[] = []
  doc.on('update', (update: Uint8Array) => {
    updates.push(update)
    clocks.push(Y.getState(doc.store, traceClientId))
  })
  for (const patches of edits) {
    doc.transact(() => {
      for (const [at, removed, inserted] of patches) {
        if (removed > 0) text.delete(at, removed)
        if (inserted !== '') text.insert(at, inserted)
      }
    })
  }
  return { updates, clocks, text: text.toString() }
}

function encode(trace: Trace): Buffer {
  const text = Buffer.from(trace.text)
  const parts: Buffer[] = [u32(trace.updates.length), u32(text.length), text]
  trace.updates.forEach((update, index) =>
    parts.push(u32(update.length), u32(trace.clocks[index] ?? 0), Buffer.from(update)),
  )
  return Buffer.concat(parts)
}

/** Reads a prepared file. */
export function readTrace(file: string): Trace {
  const bytes = readFileSync(file)
  const count = bytes.readUInt32LE(0)
  const textLength = bytes.readUInt32LE(4)
  const updates: Uint8Array[] = []
  const clocks: number[] = []
  let at = 8 + textLength
  for (let index = 0; index < count; index += 1) {
    const length = bytes.readUInt32LE(at)
    clocks.push(bytes.readUInt32LE(at + 4))
    updates.push(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  return { updates, clocks, text: bytes.toString('utf8', 8, 8 + textLength) }
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}
