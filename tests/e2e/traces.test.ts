import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { editions, type StockClient } from '../stock/stock-client.ts'
import { until, untilSynced } from '../stock/until.ts'
import { loadTrace, type Patch, type Trace } from '../support/editing-traces.ts'
import { isFullScale, scaled } from '../support/scale.ts'
import { type ServerProcess, spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const docName = 'manuscript'
const thirteens = editions.filter(edition => edition.name.startsWith('y-websocket'))

interface Writer {
  readonly ydoc: Y.Doc
  readonly client: StockClient
}

function writer(url: string, i: number, clientId: number): Writer {
  const ydoc = new Y.Doc()
  ydoc.clientID = clientId
  const edition = thirteens[i % thirteens.length] as (typeof thirteens)[number]
  return { ydoc, client: edition.connect(url, docName, { doc: ydoc }) }
}

function applyPatches(ydoc: Y.Doc, root: string, patches: readonly Patch[]): void {
  const text = ydoc.getText(root)
  ydoc.transact(() => {
    for (const [position, deleted, inserted] of patches) {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted !== '') text.insert(position, inserted)
    }
  })
}

/** Marks say how far a writer is: whoever sees one has everything that writer did before. */
function mark(ydoc: Y.Doc, by: number, value: number): void {
  ydoc.getMap('marks').set(`${by}`, value)
}

function markSeen(ydoc: Y.Doc, by: number): number {
  return (ydoc.getMap('marks').get(`${by}`) as number | undefined) ?? -1
}

/** Long texts are compared without a report of every letter. */
function expectTexts(who: string, read: (root: string) => string, roots: readonly string[], endContent: string): void {
  for (const root of roots) expect(read(root) === endContent, `${who}: ${root} reads as recorded`).toBe(true)
}

/** What somebody reads who comes now and knows nothing. */
async function expectFromServer(
  url: string,
  when: string,
  roots: readonly string[],
  endContent: string,
): Promise<void> {
  const guest = writer(url, 2, 990)
  await untilSynced([guest.client])
  expectTexts(`a guest ${when}`, root => guest.ydoc.getText(root).toString(), roots, endContent)
  expect(guest.ydoc.store.pendingStructs).toBeNull()
  guest.client.destroy()
}

function compactions(server: ServerProcess): number {
  return server.stderr().split('document compacted').length - 1
}

/** The document in a new process, compacted there to its last entry, and in another new process. */
async function expectToLast(
  dir: string,
  first: ServerProcess,
  roots: readonly string[],
  endContent: string,
): Promise<void> {
  await expectFromServer(first.url, 'at the end', roots, endContent)
  await first.kill('SIGKILL')
  const second = await spawnServer({ dir, args: ['--sweep-ms', '100', '--compact-after-entries', '2'] })
  await expectFromServer(second.url, 'after a restart', roots, endContent)
  const [a, b] = [writer(second.url, 0, 991), writer(second.url, 1, 992)]
  for (let i = 0; i < 3; i++) {
    mark(a.ydoc, 991, i)
    await until([a.client, b.client], 'a mark', () => markSeen(b.ydoc, 991) === i)
  }
  await vi.waitFor(() => expect(compactions(second)).toBeGreaterThan(0), { timeout: 30_000, interval: 50 })
  expect(second.stderr()).not.toMatch(/"level":[45]0/)
  await expectFromServer(second.url, 'after compaction', roots, endContent)
  expectTexts('who stayed', root => a.ydoc.getText(root).toString(), roots, endContent)
  await second.kill('SIGKILL')
  const third = await spawnServer({ dir })
  await expectFromServer(third.url, 'after compaction and a restart', roots, endContent)
}

const perRound = 500

/**
 * As many texts as writers, each written by all in turns: while one writes a stretch of the first text, the next writes
 * the same stretch of the second.
 */
async function replayInTurns(trace: Trace, writers: readonly Writer[], roots: readonly string[]): Promise<void> {
  const clients = writers.map(({ client }) => client)
  for (let at = 0, round = 0; at < trace.steps.length; at += perRound, round++) {
    const stretch = trace.steps.slice(at, at + perRound)
    writers.forEach(({ ydoc }, i) => {
      const root = roots[(i + round) % roots.length] as string
      for (const { patches } of stretch) applyPatches(ydoc, root, patches)
      mark(ydoc, i, round)
    })
    await until(clients, `round ${round} is everywhere`, () =>
      writers.every(({ ydoc }) => writers.every((_, by) => markSeen(ydoc, by) === round)),
    )
  }
}

const sequential = [
  { name: 'automerge-paper', most: isFullScale ? undefined : 8_000, otherwise: { steps: 60_000, agents: 1 } },
  { name: 'sveltecomponent', most: isFullScale ? undefined : 8_000, otherwise: { steps: 18_000, agents: 1 } },
]

test.each(sequential)(
  '[ROOM12] [SRV4] $name, replayed by three writers at once, reads as recorded on every replica, after a restart and after compaction',
  { timeout: scaled(120_000, 1_200_000) },
  async ({ name, most, otherwise }) => {
    const trace = loadTrace(name, otherwise, most)
    const dir = await tempDir('trace')
    const server = await spawnServer({ dir, args: ['--sweep-ms', '200', '--compact-after-entries', '50'] })
    const writers = [0, 1, 2].map(i => writer(server.url, i, i + 1))
    await untilSynced(writers.map(({ client }) => client))
    const roots = ['one', 'two', 'three']
    await replayInTurns(trace, writers, roots)
    for (const { ydoc, client } of writers) {
      expectTexts(client.edition, root => ydoc.getText(root).toString(), roots, trace.endContent)
      expect(client.tap.sockets).toHaveLength(1)
      expect(client.tap.oddities).toEqual([])
    }
    expect(compactions(server), 'compacted while it was written').toBeGreaterThan(0)
    expect(server.stderr()).not.toMatch(/"level":[45]0/)
    await expectToLast(dir, server, roots, trace.endContent)
  },
)

/** The newest step of each agent among the ancestors of a step; -1 where there is none. */
function pastOf(trace: Trace): readonly (readonly number[])[] {
  const withItself: number[][] = []
  return trace.steps.map(({ agent, parents }, i) => {
    const past = Array.from({ length: trace.agents }, (_, other) =>
      Math.max(-1, ...parents.map(parent => withItself[parent]?.[other] ?? -1)),
    )
    withItself.push(past.with(agent, i))
    return past
  })
}

/**
 * One agent of a concurrent trace. It writes in a document that has exactly what the recorded author had seen; what comes
 * from the server waits in the provider's document until the recording says that it was read.
 */
interface Agent {
  readonly own: Y.Doc
  readonly wire: Writer
  /** Frames from the server not yet read, in order, each with the marks that had come by then. */
  readonly inbox: { update: Uint8Array; marks: readonly number[] }[]
}

function agentOf(url: string, index: number, agents: number): Agent {
  const own = new Y.Doc()
  // Where two wrote at one place at the same time, the recording has the first agent's text first: the lower id.
  own.clientID = index + 1
  const wire = writer(url, index, 100 + index)
  const inbox: Agent['inbox'] = []
  wire.ydoc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === 'own') return
    inbox.push({ update, marks: Array.from({ length: agents }, (_, by) => markSeen(wire.ydoc, by)) })
  })
  own.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'server') Y.applyUpdate(wire.ydoc, update, 'own')
  })
  return { own, wire, inbox }
}

async function replayAgent(trace: Trace, agents: readonly Agent[], index: number): Promise<void> {
  const { own, wire, inbox } = agents[index] as Agent
  const past = pastOf(trace)
  /** Steps that somebody else read as the last of this agent's: nothing follows on the wire before they have arrived. */
  const readBy = new Map<number, number[]>()
  const newestRead = agents.map(() => agents.map(() => -1))
  trace.steps.forEach(({ agent }, i) => {
    ;(past[i] as number[]).forEach((step, other) => {
      const read = newestRead[agent] as number[]
      if (other === agent || step <= (read[other] as number)) return
      read[other] = step
      if (other === index) readBy.set(step, [...(readBy.get(step) ?? []), agent])
    })
  })
  const has = agents.map(() => -1)
  for (const [i, { agent, patches }] of trace.steps.entries()) {
    if (agent !== index) continue
    for (const [other, step] of (past[i] as number[]).entries()) {
      if (other === index || step <= (has[other] as number)) continue
      await until([wire.client], `step ${step} for step ${i}`, () => markSeen(wire.ydoc, other) >= step)
      while ((has[other] as number) < step) {
        const frame = inbox.shift()
        if (frame === undefined) throw new Error('a mark without its frame')
        Y.applyUpdate(own, frame.update, 'server')
        frame.marks.forEach((seen, by) => {
          has[by] = seen
        })
      }
    }
    applyPatches(own, 'text', patches)
    const readers = readBy.get(i)
    if (readers === undefined) continue
    mark(own, index, i)
    const others = readers.map(reader => (agents[reader] as Agent).wire)
    await until(
      others.map(({ client }) => client),
      `step ${i} arrived`,
      () => others.every(({ ydoc }) => markSeen(ydoc, index) >= i),
    )
  }
}

test('[ROOM12] [SRV4] friendsforever, two authors at once, each reading what they had read then, ends as recorded on every replica', {
  timeout: scaled(120_000, 600_000),
}, async () => {
  const trace = loadTrace('friendsforever.concurrent', { steps: 20_000, agents: 2 })
  const dir = await tempDir('trace')
  const server = await spawnServer({ dir, args: ['--sweep-ms', '200', '--compact-after-entries', '50'] })
  const agents = Array.from({ length: trace.agents }, (_, i) => agentOf(server.url, i, trace.agents))
  const observers = [writer(server.url, 2, 200), writer(server.url, 0, 201)]
  const all = [...agents.map(({ wire }) => wire), ...observers]
  await untilSynced(all.map(({ client }) => client))
  await Promise.all(agents.map((_, i) => replayAgent(trace, agents, i)))
  agents.forEach(({ own }, i) => mark(own, i, trace.steps.length))
  await until(
    all.map(({ client }) => client),
    'the end is everywhere',
    () => all.every(({ ydoc }) => agents.every((_, by) => markSeen(ydoc, by) === trace.steps.length)),
  )
  for (const { ydoc, client } of all) {
    expectTexts(client.edition, root => ydoc.getText(root).toString(), ['text'], trace.endContent)
    expect(client.tap.sockets).toHaveLength(1)
  }
  expect(server.stderr()).not.toMatch(/"level":[45]0/)
  await expectToLast(dir, server, ['text'], trace.endContent)
})
