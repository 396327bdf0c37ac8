import { equalBytes } from '../base/bytes.ts'
import { TuttiError } from '../base/error.ts'
import { type DocName, type Epoch, parseDocName, parseEpoch, type Seq, seq } from '../base/id.ts'
import type { Author, Entry, NewEntry } from '../log/entry.ts'
import type { Checkpoint, DocumentSummary, OpenedDocument, UpdateLog } from '../log/update-log.ts'

/** The two functions of a test runner that the suite needs: those of vitest, jest, or node:test. */
export interface TestRunner {
  describe(name: string, define: () => void): void
  test(name: string, run: () => Promise<void>, timeoutMs?: number): void
}

/** A log under test. */
export interface LogUnderTest {
  readonly log: UpdateLog
  /** Closes the log and opens what it stored again; a log that keeps nothing gives itself. */
  reopen(): Promise<UpdateLog>
  /** Closes what is open and removes everything. */
  close(): Promise<void>
}

export interface UpdateLogSuiteOptions {
  readonly runner: TestRunner
  /** Entries of the long document. Default 10,000. */
  readonly manyEntries?: number
  /** Bytes of the big entry. Default 4 MiB. */
  readonly bigBytes?: number
}

/** The contract of `UpdateLog` as a suite of tests. Whoever implements the port calls it from a test file. */
export function describeUpdateLog(
  name: string,
  make: () => Promise<LogUnderTest>,
  { runner, manyEntries = 10_000, bigBytes = 4 * 1024 * 1024 }: UpdateLogSuiteOptions,
): void {
  const test = (title: string, run: (under: LogUnderTest) => Promise<void>) => {
    runner.test(
      title,
      async () => {
        const under = await make()
        try {
          await run(under)
        } finally {
          await under.close()
        }
      },
      60_000,
    )
  }

  runner.describe(`${name} is an UpdateLog`, () => {
    test('[LOG1] a document that was never written has no epoch, no head and no entries', async ({ log }) => {
      same(
        await log.open(song),
        { epoch: null, head: 0, checkpoint: null, entries: [], findings: [], deleted: null },
        'opened',
      )
      same(await log.read(song, seq(0), 1000), [], 'read')
      same(await log.history(song, seq(1), seq(9)), [], 'history')
      same(await summaries(log), [], 'listed')
    })

    test('[LOG2] entries come back as they were appended, in order, at positions from 1 without gaps', async ({
      log,
    }) => {
      const written = entriesOf(7)
      same(await log.append(song, epoch, written.slice(0, 1)), 1, 'first position')
      same(await log.append(song, epoch, written.slice(1, 6)), 6, 'position of the last of several')
      same(await log.append(song, epoch, written.slice(6)), 7, 'next position')
      const opened = await log.open(song)
      same(
        opened,
        { epoch, head: 7, checkpoint: null, entries: numbered(written), findings: [], deleted: null },
        'opened',
      )
    })

    test('[LOG2] appends called in one turn keep the order of the calls, for each document', async ({ log }) => {
      const docs = Array.from({ length: 20 }, (_, i) => named(`doc-${i}`))
      const calls: Promise<Seq>[] = []
      for (let i = 0; i < 25; i++)
        for (const doc of docs) calls.push(log.append(doc, epoch, [entryOf(i), entryOf(i + 1000)]))
      const positions = await Promise.all(calls)
      for (const [d, doc] of docs.entries()) {
        const given = positions.filter((_, call) => call % docs.length === d)
        same(
          given,
          Array.from({ length: 25 }, (_, i) => 2 * i + 2),
          'positions',
        )
        const { entries } = await log.open(doc)
        const counters = entries.map(entry => entry.counter)
        same(
          counters,
          Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? i / 2 : (i - 1) / 2 + 1000)),
          'order',
        )
      }
    })

    test('[LOG3] what was appended is there after closing and opening again', async under => {
      const written = entriesOf(50)
      await under.log.append(song, epoch, written)
      await under.log.append(other, epoch2, written.slice(0, 3))
      const before = [await under.log.open(song), await under.log.open(other), await summaries(under.log)]
      const log = await under.reopen()
      same([await log.open(song), await log.open(other), await summaries(log)], before, 'opened again')
      same(await log.append(song, epoch, [entryOf(51)]), 51, 'the next position')
    })

    test('[LOG5] the first append gives a document its epoch, and no other epoch is accepted', async under => {
      await under.log.append(song, epoch, entriesOf(1))
      await refused(under.log.append(song, epoch2, [entryOf(2)]), 'epoch-mismatch')
      const log = await under.reopen()
      await refused(log.append(song, epoch2, [entryOf(2)]), 'epoch-mismatch')
      same(await log.append(song, epoch, [entryOf(2)]), 2, 'a refused append gave no position away')
      same((await log.open(song)).epoch, epoch, 'epoch')
    })

    test('[LOG5] appending nothing gives the head, and does not make a document be born', async ({ log }) => {
      same(await log.append(song, epoch, []), 0, 'nothing to nothing')
      same((await log.open(song)).epoch, null, 'epoch')
      same(await log.append(song, epoch2, entriesOf(2)), 2, 'born with its first entry')
      same(await log.append(song, epoch2, []), 2, 'head')
      const appended = log.append(song, epoch2, [entryOf(3)])
      same(await log.append(song, epoch2, []), 3, 'in its turn')
      await appended
      same(await summaries(log).then(all => all.length), 1, 'documents')
    })

    test('[LOG6] reading gives pages of about the bytes asked for, at least one entry each', async ({ log }) => {
      const written = entriesOf(40)
      await log.append(song, epoch, written)
      const pages: Entry[] = []
      for (let after = seq(0); after < 40; ) {
        const page = await log.read(song, after, 100)
        check(page.length > 0, 'a page has an entry')
        const bytes = page.reduce((sum, entry) => sum + entry.bytes.length, 0)
        check(page.length === 1 || bytes <= 100, 'a page keeps to its size')
        pages.push(...page)
        after = (page.at(-1) as Entry).seq
      }
      same(pages, numbered(written), 'all pages')
      same((await log.read(song, seq(0), 1)).length, 1, 'a page that fits nothing')
      same(await log.read(song, seq(40), 1000), [], 'after the head')
      same(
        (await log.read(song, seq(38), 1e9)).map(entry => entry.seq),
        [39, 40],
        'the rest',
      )
    })

    test('[LOG7] a checkpoint retires what it folds; the tail stays, and history still has all', async under => {
      const written = entriesOf(30)
      await under.log.append(song, epoch, written)
      const checkpoint = checkpointAt(20, 5000)
      const report = await under.log.checkpoint(song, checkpoint)
      same(report.entriesFolded, 20, 'entries folded')
      check(report.bytesBefore > 0 && report.bytesAfter > 0, 'bytes are told')
      for await (const log of bothLives(under)) {
        const opened = await log.open(song)
        same(
          opened,
          { epoch, head: 30, checkpoint, entries: numbered(written).slice(20), findings: [], deleted: null },
          'opened',
        )
        same(
          updatesOf(opened),
          written.slice(20).map(({ bytes }) => bytes),
          'updates',
        )
        same(await log.history(song, seq(1), seq(20)), numbered(written).slice(0, 20), 'history')
        same(await log.history(song, seq(7), seq(9)), numbered(written).slice(6, 9), 'some history')
        same(
          await log.history(song, seq(19), seq(30)),
          numbered(written).slice(18, 20),
          'history ends with the checkpoint',
        )
        same(await log.read(song, seq(25), 1e9), numbered(written).slice(25), 'the tail')
        same(await log.read(song, seq(3), 1e9), numbered(written).slice(20), 'reading begins after the checkpoint')
        const tailBytes = written.slice(20).reduce((sum, entry) => sum + entry.bytes.length, 0)
        const summary = { doc: song, epoch, head: 30, checkpointSeq: 20, tailEntries: 10, tailBytes, deleted: null }
        same(await summaries(log), [summary], 'listed')
      }
    })

    test('[LOG7] checkpoints follow one another, up to the head, while entries are appended', async under => {
      const written = entriesOf(60)
      const { log } = under
      await log.append(song, epoch, written.slice(0, 40))
      const first = log.checkpoint(song, checkpointAt(10, 10))
      const appended = log.append(song, epoch, written.slice(40, 50))
      await log.checkpoint(song, checkpointAt(40, 3000))
      await first
      same(await appended, 50, 'position')
      await log.append(song, epoch, written.slice(50))
      await log.checkpoint(song, checkpointAt(60, 20))
      await log.checkpoint(song, checkpointAt(60, 30))
      const reopened = await under.reopen()
      const opened = await reopened.open(song)
      same(
        opened,
        { epoch, head: 60, checkpoint: checkpointAt(60, 30), entries: [], findings: [], deleted: null },
        'opened',
      )
      same(await reopened.history(song, seq(1), seq(60)), numbered(written), 'history')
      same(await reopened.append(song, epoch, [entryOf(61)]), 61, 'the next position')
      same((await reopened.open(song)).entries, [{ ...entryOf(61), seq: 61 }], 'the tail')
    })

    test('[LOG7] a checkpoint that folds less than the one before, or more than there is, is refused', async ({
      log,
    }) => {
      await log.append(song, epoch, entriesOf(10))
      await log.checkpoint(song, checkpointAt(5, 10))
      for (const at of [0, 4, 11]) await refused(log.checkpoint(song, checkpointAt(at, 10)), 'RangeError')
      await refused(log.checkpoint(other, checkpointAt(1, 10)), 'RangeError')
      same((await log.open(song)).checkpoint, checkpointAt(5, 10), 'checkpoint')
    })

    test('[LOG8] documents are listed in the order of their names, and every name is a name', async under => {
      for (const doc of oddNames) await under.log.append(doc, epoch, [entryOf(1), entryOf(doc.length)])
      for await (const log of bothLives(under)) {
        same(
          (await summaries(log)).map(({ doc }) => doc),
          [...oddNames].sort(),
          'names',
        )
        for (const doc of oddNames) {
          const opened = await log.open(doc)
          same(opened.entries, numbered([entryOf(1), entryOf(doc.length)]), `entries of ${doc}`)
        }
      }
    })

    test('[LOG8] a list can begin anywhere in the order of names', async ({ log }) => {
      const names = Array.from({ length: 300 }, (_, i) => named(`n${String(i).padStart(3, '0')}`))
      await Promise.all(names.map(doc => log.append(doc, epoch, entriesOf(1))))
      for (const [from, first] of [
        ['', 0],
        ['n000', 0],
        ['n000\u0000', 1],
        ['n0', 0],
        ['n27', 270],
        ['n2990', 300],
      ] as const) {
        const listed: string[] = []
        for await (const { doc } of log.list(from)) listed.push(doc)
        same(listed, names.slice(first), `from ${from}`)
      }
    })

    test('[LOG10] a removed document is as if it had never been, and its name is free', async under => {
      const { log } = under
      await log.append(song, epoch, entriesOf(30))
      await log.append(other, epoch, entriesOf(2))
      await log.checkpoint(song, checkpointAt(20, 2000))
      await log.remove(song)
      await log.remove(named('never'))
      same((await log.open(song)).epoch, null, 'epoch')
      same(await log.history(song, seq(1), seq(20)), [], 'history')
      const reopened = await under.reopen()
      same(
        (await summaries(reopened)).map(({ doc }) => doc),
        [other],
        'listed',
      )
      same(await reopened.append(song, epoch2, [entryOf(5)]), 1, 'begins anew')
      const opened = await reopened.open(song)
      same(
        opened,
        { epoch: epoch2, head: 1, checkpoint: null, entries: numbered([entryOf(5)]), findings: [], deleted: null },
        'opened',
      )
      same((await reopened.open(other)).head, 2, 'the other document')
    })

    test('[LOG10] what is appended to a name after it was removed belongs to another document', async under => {
      const { log } = under
      await log.append(song, epoch, entriesOf(5))
      const late = log.append(song, epoch, entriesOf(1))
      const removed = log.remove(song)
      const appended = log.append(song, epoch2, [entryOf(7)])
      same(await late, 6, 'the position in the old one')
      same(await appended, 1, 'the position in the new one')
      await removed
      for await (const life of bothLives(under)) {
        const opened = await life.open(song)
        same(
          opened,
          { epoch: epoch2, head: 1, checkpoint: null, entries: numbered([entryOf(7)]), findings: [], deleted: null },
          'opened',
        )
        same((await summaries(life)).length, 1, 'documents')
      }
    })

    test('[LOG21] a mark of deletion stays until it is lifted, and leaves everything else as it is', async under => {
      const written = entriesOf(12)
      await under.log.append(song, epoch, written.slice(0, 10))
      await under.log.append(other, epoch2, entriesOf(1))
      const deleted = { at: 1_700_000_000_123, by: 'Zoë "𝄞"' }
      await under.log.mark(song, deleted)
      for await (const log of bothLives(under)) {
        same((await log.open(song)).deleted, deleted, 'opened')
        same((await log.open(song)).entries, numbered(written).slice(0, 10), 'entries')
        same(
          (await summaries(log)).map(one => one.deleted),
          [null, deleted],
          'listed',
        )
      }
      const log = await under.reopen()
      same(await log.append(song, epoch, written.slice(10)), 12, 'the next position')
      await log.checkpoint(song, checkpointAt(11, 100))
      same((await log.open(song)).deleted, deleted, 'after a checkpoint')
      await log.mark(song, { at: 5, by: '' })
      same((await log.open(song)).deleted, { at: 5, by: '' }, 'marked again')
      await log.mark(song, null)
      same((await log.open(song)).deleted, null, 'lifted')
      const reopened = await under.reopen()
      const opened = { epoch, head: 12, checkpoint: checkpointAt(11, 100), entries: numbered(written).slice(11) }
      same(await reopened.open(song), { ...opened, findings: [], deleted: null }, 'lifted for good')
    })

    test('[LOG21] what was never written cannot be marked, and what follows a removed document is not', async under => {
      const { log } = under
      await refused(log.mark(song, { at: 1, by: 'ana' }), 'RangeError')
      same((await log.open(song)).deleted, null, 'never written')
      const born = log.append(song, epoch, entriesOf(1))
      await log.mark(song, { at: 1, by: 'ana' })
      await born
      await log.remove(song)
      await refused(log.mark(song, null), 'RangeError')
      await log.append(song, epoch2, entriesOf(1))
      for await (const life of bothLives(under)) same((await life.open(song)).deleted, null, 'its successor')
    })

    test('[LOG22] the epoch of a document that was removed for good is remembered, of one that was let go it is not', async under => {
      const { log } = under
      await log.append(song, epoch, entriesOf(3))
      await log.append(other, epoch2, entriesOf(3))
      same(await log.wasRemoved(epoch), false, 'before')
      await log.remove(song)
      await log.remove(other, 'let-go')
      for await (const life of bothLives(under)) {
        same([await life.wasRemoved(epoch), await life.wasRemoved(epoch2)], [true, false], 'afterwards')
      }
    })

    test('[LOG3] closing waits for what is in flight', async under => {
      await under.log.append(song, epoch, entriesOf(20))
      const calls = [under.log.append(song, epoch, [entryOf(21)]), under.log.checkpoint(song, checkpointAt(20, 2000))]
      const log = await under.reopen()
      await Promise.all(calls)
      const opened = await log.open(song)
      same(opened.head, 21, 'head')
      same(opened.checkpoint, checkpointAt(20, 2000), 'checkpoint')
    })

    test('[LOG2] entries may be empty or big, and authors may be anyone', async under => {
      const big = new Uint8Array(bigBytes).map((_, i) => (i * 31 + (i >>> 8)) & 255)
      const written: NewEntry[] = [
        { ...entryOf(1), bytes: new Uint8Array(0) },
        { ...entryOf(2), bytes: big },
        { ...entryOf(3), author: { subject: '', device: '', session: '' }, counter: 0, base: seq(0) },
        { ...entryOf(4), author: { subject: 'Zoë "𝄞" \\', device: 'd', session: '__proto__' } },
        { ...entryOf(5), at: 1_700_000_000_000, counter: 2 ** 40, base: seq(2 ** 40) },
      ]
      await under.log.append(song, epoch, written)
      same((await under.log.open(song)).entries, numbered(written), 'entries')
      const log = await under.reopen()
      same((await log.open(song)).entries, numbered(written), 'entries again')
      await log.checkpoint(song, { ...checkpointAt(5, 0), bytes: big })
      same((await log.open(song)).checkpoint?.bytes, big, 'a big checkpoint')
      same(await log.history(song, seq(1), seq(5)), numbered(written), 'history')
    })

    test('[LOG2] a long document reads as it was written, folded or not', async under => {
      const written = entriesOf(manyEntries)
      for (let i = 0; i < manyEntries; i += 1000) await under.log.append(song, epoch, written.slice(i, i + 1000))
      const whole = await under.log.open(song)
      same(whole.entries, numbered(written), 'entries')
      same(
        updatesOf(whole),
        written.map(({ bytes }) => bytes),
        'updates',
      )
      await under.log.checkpoint(song, checkpointAt(manyEntries - 1, 100_000))
      const log = await under.reopen()
      same((await log.open(song)).entries, numbered(written).slice(-1), 'tail')
      same(await log.history(song, seq(1), seq(manyEntries - 1)), numbered(written).slice(0, -1), 'history')
    })

    test('[LOG11] a store that is well says so', async ({ log }) => {
      await log.probe()
      await log.append(song, epoch, entriesOf(1))
      await log.probe()
      same((await log.open(song)).head, 1, 'a probe is no entry')
    })
  })
}

/** The log as it is, then what it is after it was opened again. */
async function* bothLives(under: LogUnderTest): AsyncGenerator<UpdateLog> {
  yield under.log
  yield await under.reopen()
}

export function named(text: string): DocName {
  const parsed = parseDocName(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

const song = named('song')
const other = named('other')
const epoch = epochOf('epoch1')
const epoch2 = epochOf('epoch2')
const authors: readonly Author[] = [
  { subject: 'ana', device: 'phone', session: 's1' },
  { subject: 'ben', device: 'laptop', session: 's2' },
]

const oddNames: readonly DocName[] = [
  '__proto__',
  'constructor',
  '%',
  '%00/..',
  ':',
  'a:b',
  'a/b',
  'A',
  'a',
  'á',
  ' ',
  '\uffff',
  '\ue000',
  '😀',
  '👩‍👩‍👧‍👦',
  'x'.repeat(256),
  '😀'.repeat(128),
].map(named)

function epochOf(text: string): Epoch {
  const parsed = parseEpoch(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

/** Entry number `i`: every field differs from one to the next, in no regular way. */
function entryOf(i: number): NewEntry {
  const length = (i * 7) % 60
  const bytes = new Uint8Array(length).map((_, at) => (i * 13 + at * at) & 255)
  return {
    bytes,
    at: 1_700_000_000_000 + i * 97 - (i % 5) * 1000,
    base: seq(Math.max(0, i - (i % 4))),
    author: authors[i % 3 === 0 ? 1 : 0] as Author,
    counter: i,
  }
}

function entriesOf(count: number): NewEntry[] {
  return Array.from({ length: count }, (_, i) => entryOf(i + 1))
}

function numbered(entries: readonly NewEntry[]): Entry[] {
  return entries.map((entry, i) => ({ ...entry, seq: seq(i + 1) }))
}

function checkpointAt(at: number, length: number): Checkpoint {
  const bytes = new Uint8Array(length).map((_, i) => (i * i + at) & 255)
  return { seq: seq(at), bytes, at: 1_700_000_000_000 + at, content: `c0ffee${at}` }
}

function updatesOf(opened: OpenedDocument): Uint8Array[] {
  const updates: Uint8Array[] = []
  opened.eachUpdate((bytes, from, to) => updates.push(bytes.slice(from, to)))
  return updates
}

async function summaries(log: UpdateLog): Promise<DocumentSummary[]> {
  const all: DocumentSummary[] = []
  for await (const summary of log.list()) all.push(summary)
  return all
}

async function refused(call: Promise<unknown>, code: string): Promise<void> {
  try {
    await call
  } catch (error) {
    const actual = error instanceof TuttiError ? error.code : (error as Error).name
    check(actual === code, `expected ${code}, got ${actual}: ${(error as Error).message}`)
    return
  }
  check(false, `expected ${code}, and it was accepted`)
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

type Part = OpenedDocument | readonly unknown[] | object | string | number | boolean | null | undefined

/** Deep equality of plain values and bytes, told with the path of the first difference. */
function same(actual: Part, expected: Part, what: string): void {
  const where = difference(actual, expected, what)
  if (where !== null) throw new Error(where)
}

function difference(actual: unknown, expected: unknown, path: string): string | null {
  if (Object.is(actual, expected)) return null
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) {
    return equalBytes(actual, expected) ? null : `${path}: bytes differ (${actual.length} and ${expected.length})`
  }
  if (!isObject(actual) || !isObject(expected)) return `${path}: ${String(actual)} is not ${String(expected)}`
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)])
  for (const key of keys) {
    const found = difference(actual[key], expected[key], `${path}.${key}`)
    if (found !== null) return found
  }
  return null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
