import { MemoryLocalLog, Provider, type ProviderOptions, type WebSocketClass } from '@tutti/client'
import { seededRandom, type SeededRandom } from '@tutti/core/testing'
import { expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { editions } from '../stock/stock-client.ts'
import { untilSynced } from '../stock/until.ts'
import { type WireTap, wireTap } from '../stock/wire-tap.ts'
import { loadTrace, type Step } from '../support/editing-traces.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const documentEdits = 100_000
const offlineEdits = 10_000
/** Edits of others while the client was away. */
const missedEdits = 10_000
const allowance = 1.2

interface NativeClient {
  readonly doc: Y.Doc
  readonly provider: Provider
  readonly tap: WireTap
  /** Own edits since the last `takeEdits`, as Yjs told them one by one. */
  takeEdits(): Uint8Array[]
}

function native(url: string, doc = new Y.Doc(), options: ProviderOptions = {}): NativeClient {
  // Every message of the native dialect is an oddity to the stock one: only bytes are counted.
  const tap = wireTap()
  const provider = new Provider(url, 'book', doc, {
    WebSocketPolyfill: tap.Socket as unknown as WebSocketClass,
    persist: false,
    disableBc: true,
    ...options,
  })
  onTestFinished(() => provider.close())
  let edits: Uint8Array[] = []
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== provider) edits.push(update)
  })
  return {
    doc,
    provider,
    tap,
    takeEdits() {
      const taken = edits
      edits = []
      return taken
    },
  }
}

/** Ways to work on the text: as somebody writes who was recorded, and anywhere at random, where nothing can be joined. */
const workloads = {
  recorded(): Workload {
    const { steps } = loadTrace(
      'automerge-paper',
      { steps: documentEdits + offlineEdits, agents: 1 },
      documentEdits + offlineEdits,
    )
    let at = 0
    return {
      base: doc => replay(doc, steps[at++] as Step),
      // Positions no longer fit once others write too; the letters and the habit of writing on do.
      offline: doc => replay(doc, steps[at++] as Step),
      missed: writingOn(seededRandom(2)),
    }
  },
  scattered(): Workload {
    const random = seededRandom(3)
    return { base: anywhere(random), offline: anywhere(random), missed: anywhere(random) }
  },
}

interface Workload {
  readonly base: (doc: Y.Doc) => void
  readonly offline: (doc: Y.Doc) => void
  readonly missed: (doc: Y.Doc) => void
}

function replay(doc: Y.Doc, { patches }: Step): void {
  const text = doc.getText('text')
  doc.transact(() => {
    for (const [position, deleted, inserted] of patches) {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted !== '') text.insert(position, inserted)
    }
  })
}

/** Types on for a while, corrects itself at times, goes elsewhere. */
function writingOn(random: SeededRandom): (doc: Y.Doc) => void {
  let at = 0
  return doc => {
    const text = doc.getText('text')
    if (random.chance(0.02)) at = random.int(text.length + 1)
    at = Math.min(at, text.length)
    if (at > 0 && random.chance(0.15)) text.delete(--at, 1)
    else text.insert(at++, random.pick(['a', 'e', 'n', 't', ' ']))
  }
}

function anywhere(random: SeededRandom): (doc: Y.Doc) => void {
  return doc => {
    const text = doc.getText('text')
    const at = random.int(text.length + 1)
    if (at < text.length && random.chance(0.25)) text.delete(at, 1)
    else text.insert(at, random.pick(['a', 'e', 'n', 't', ' ']))
  }
}

async function write(client: NativeClient, count: number, edit: (doc: Y.Doc) => void): Promise<void> {
  for (let i = 0; i < count; i++) {
    edit(client.doc)
    if (i % 1_000 === 999) await client.provider.flush()
  }
  await client.provider.flush()
}

async function untilSame(a: Y.Doc, b: Y.Doc): Promise<void> {
  const isSame = () => Buffer.compare(Y.encodeStateVector(a), Y.encodeStateVector(b)) === 0
  while (!isSame() || a.getText('text').toString() !== b.getText('text').toString()) {
    await new Promise<void>(resolve => {
      const look = () => {
        a.off('update', look)
        b.off('update', look)
        resolve()
      }
      a.on('update', look)
      b.on('update', look)
    })
  }
}

interface Difference {
  /** The structs as Yjs joins them, and of the deletions those that are new: nothing the other side has already. */
  readonly news: number
  /** `Y.encodeStateAsUpdate(doc, since)`, which says all deletions there ever were. */
  readonly asYjsSays: number
}

/** What `doc` has beyond `since`, where `edits` is all that happened. */
function differenceOf(doc: Y.Doc, since: Uint8Array, edits: readonly Uint8Array[]): Difference {
  const all = Y.encodeStateVector(doc)
  const asYjsSays = Y.encodeStateAsUpdate(doc, since).length
  const everDeleted = Y.encodeStateAsUpdate(doc, all).length
  const nowDeleted = Y.diffUpdate(Y.mergeUpdates([...edits]), all).length
  return { news: asYjsSays - everDeleted + nowDeleted, asYjsSays }
}

test.each(['recorded', 'scattered'] as const)(
  '[CLI6] back with 10,000 edits to a document of 100,000 (%s), a client sends and receives only the difference',
  { timeout: 180_000 },
  async kind => {
    const work = workloads[kind]()
    const server = await spawnServer({ dir: await tempDir('offline') })
    const editor = native(server.url)
    await write(editor, documentEdits, work.base)
    const log = new MemoryLocalLog({ random: seededRandom(4) })
    const device = native(server.url, new Y.Doc(), { localLog: log })
    await device.provider.flush()
    await untilSame(device.doc, editor.doc)
    device.takeEdits()
    editor.takeEdits()

    device.provider.disconnect()
    const since = Y.encodeStateVector(device.doc)
    const before = device.tap.wireBytes()
    for (let i = 0; i < offlineEdits; i++) {
      work.offline(device.doc)
      // What happens in one turn is sent as one edit.
      await Promise.resolve()
    }
    expect(device.provider.pending.edits).toBe(offlineEdits)
    const sent = device.takeEdits()
    expect(sent).toHaveLength(offlineEdits)
    await write(editor, missedEdits, work.missed)
    const missed = editor.takeEdits()
    expect(missed).toHaveLength(missedEdits)

    const toSend = differenceOf(device.doc, since, sent)
    const toReceive = differenceOf(editor.doc, since, missed)

    device.provider.connect()
    await device.provider.flush()
    await untilSame(device.doc, editor.doc)
    const after = device.tap.wireBytes()
    const up = after.sent - before.sent
    const down = after.received - before.received
    process.stderr.write(
      `offline and back, ${kind}: sent ${up} of ${JSON.stringify(toSend)}, received ${down} of ${JSON.stringify(toReceive)}\n`,
    )
    expect(up, 'sent').toBeLessThan(allowance * toSend.news)
    expect(down, 'received').toBeLessThan(allowance * toReceive.news)
  },
)

test('[SES1] the same with y-websocket 3.1: what goes over the wire is what Yjs itself calls the difference', {
  timeout: 180_000,
}, async () => {
  const [, , edition] = editions
  if (edition === undefined) throw new Error('y-websocket 3.1 is not there')
  const work = workloads.recorded()
  const server = await spawnServer({ dir: await tempDir('offline') })
  const [editorDoc, deviceDoc] = [new Y.Doc(), new Y.Doc()]
  for (let i = 0; i < documentEdits; i++) work.base(editorDoc)
  const editor = edition.connect(server.url, 'book', { doc: editorDoc })
  const device = edition.connect(server.url, 'book', { doc: deviceDoc })
  await untilSynced([editor, device])
  await untilSame(deviceDoc, editorDoc)

  await device.disconnect()
  const before = device.tap.wireBytes()
  const since = Y.encodeStateVector(deviceDoc)
  for (let i = 0; i < offlineEdits; i++) work.offline(deviceDoc)
  // Another client, to see when the relay has everything.
  const witness = new Y.Doc()
  const reader = edition.connect(server.url, 'book', { doc: witness })
  for (let i = 0; i < missedEdits; i++) work.missed(editorDoc)
  await untilSynced([reader])
  await untilSame(witness, editorDoc)
  const toSend = Y.encodeStateAsUpdate(deviceDoc, since).length
  const toReceive = Y.encodeStateAsUpdate(editorDoc, since).length

  device.provider.connect()
  await untilSynced([device])
  await untilSame(deviceDoc, editorDoc)
  const after = device.tap.wireBytes()
  const [up, down] = [after.sent - before.sent, after.received - before.received]
  process.stderr.write(`offline and back, y-websocket: sent ${up} of ${toSend}, received ${down} of ${toReceive}\n`)
  expect(up, 'sent').toBeLessThan(allowance * toSend)
  expect(down, 'received').toBeLessThan(allowance * toReceive)
})
