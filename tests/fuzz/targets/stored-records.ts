import {
  type Author,
  type DocName,
  type Epoch,
  equalBytes,
  type NewEntry,
  payloadOffset,
  type Seq,
  seal,
  seq,
  unseal,
} from '@tutti/core'
import { craftText, craftUpdate } from '@tutti/core/testing'
import { RunReader, sealRun } from '../../../packages/server/src/log/entry-run.ts'
import {
  type FoldedEntry,
  packEntries,
  sealSegment,
  unpackEntries,
  unsealSegment,
} from '../../../packages/server/src/log/history-segment.ts'
import {
  checkpointKey,
  entryKey,
  formatKey,
  letters,
  nameKey,
  numberKey,
  segmentKey,
} from '../../../packages/server/src/log/level-keys.ts'
import { RunWalk } from '../../../packages/server/src/log/run-walk.ts'
import {
  checksum,
  sealAuthor,
  sealCheckpoint,
  sealHead,
  sealName,
  sealMark,
  sealRemoved,
  sealStoreFormat,
  unsealAuthor,
  unsealCheckpoint,
  unsealHead,
  unsealName,
  unsealMark,
  unsealRemoved,
  unsealStoreFormat,
} from '../../../packages/server/src/log/records.ts'
import { Choices } from '../engine/choices.ts'
import { check, type FuzzTarget } from '../engine/target.ts'
import { sameValue } from './same-value.ts'

const name = 'song' as DocName
const epoch = 'e1' as Epoch
const first = 5
const someone: Author = { subject: 's', device: 'd', session: 'x' }

/** How a kind of record is read, and where it lies. */
interface Kind {
  readonly place: Uint8Array
  readonly read: (record: Uint8Array) => unknown
  /** A record as it is written. */
  readonly write: () => Uint8Array | Promise<Uint8Array>
}

const head = {
  seq: 300,
  link: 7,
  checkpointSeq: 2,
  checkpointCount: 1,
  tailFrom: 3,
  checkpointLink: 9,
  bytes: 70,
  checkpointBytes: 8,
  epoch,
}

const kinds: readonly Kind[] = [
  { place: numberKey(letters.head, 1), read: record => unsealHead(1, record), write: () => sealHead(1, head) },
  { place: nameKey(name), read: record => unsealName(name, record), write: () => sealName(name, { docNo: 1, epoch }) },
  {
    place: numberKey(letters.author, 1),
    read: record => plausibleAuthor(unsealAuthor(1, record)),
    write: () => sealAuthor(1, someone),
  },
  {
    place: numberKey(letters.removed, 1),
    read: record => unsealRemoved(1, record),
    write: () => sealRemoved(1, { swept: true, epoch: 'e1' }),
  },
  {
    place: numberKey(letters.mark, 1),
    read: record => unsealMark(1, record),
    write: () => sealMark(1, { at: 1_700_000_000_000, by: 'ana' }),
  },
  { place: formatKey, read: unsealStoreFormat, write: sealStoreFormat },
  {
    place: checkpointKey(1, 1),
    read: record => unsealCheckpoint(1, 1, record),
    write: () => sealCheckpoint(1, 1, { seq: seq(2), at: 3, content: 'abc', bytes: new Uint8Array(2_000) }),
  },
  { place: entryKey(1, first), read: walked, write: () => sealRun(1, first, 0, entries, 0, () => 1).record },
  {
    place: segmentKey(1, 7),
    read: record => unsealSegment(1, 7, record),
    write: () => sealSegment(1, 5, folded, 1),
  },
]

const updates = [0, 1, 2].map(clock =>
  craftUpdate(
    [{ client: 70, clock, structs: [craftText('a', clock === 0 ? {} : { origin: [70, clock - 1] })] }],
    clock === 2 ? [{ client: 70, ranges: [[0, 1]] }] : [],
  ),
)
const entries: readonly NewEntry[] = updates.map((bytes, i) => ({
  bytes,
  at: 1_000 + i,
  base: seq(i),
  author: someone,
  counter: i + 1,
}))
const folded: readonly FoldedEntry[] = updates.map((bytes, i) => ({
  bytes,
  at: 1_000 + i,
  base: i,
  author: 1,
  counter: i + 1,
}))

/** Also an author with a number that a later version might write must have three words, or be none. */
function plausibleAuthor(author: Author | null): Author | null {
  if (author !== null)
    for (const word of Object.values(author)) check(typeof word === 'string', 'an author is three words')
  return author
}

/** A record of entries, whatever it is: what a reader makes of it, or `null` when it is none. */
function walked(record: Uint8Array): readonly NewEntry[] | null {
  if (unseal(entryKey(1, first), record, checksum) === null) return null
  const reader = new RunReader()
  const read: NewEntry[] = []
  reader.open(record)
  while (reader.next()) {
    check(reader.start <= reader.end && reader.end <= record.length, 'an entry lies within its record')
    check(read.length < record.length, 'a record has no more entries than bytes')
    const bytes = record.slice(reader.start, reader.end)
    read.push({ bytes, at: reader.at, base: reader.base as Seq, author: someone, counter: reader.counter })
  }
  const walk = new RunWalk(
    { doc: name, docNo: 1, after: first - 1, upTo: first, from: first, link: null },
    () => someone,
  )
  check(walk.take(record) === !reader.failed, 'whoever walks a log takes what can be read, and nothing else')
  if (reader.failed) return null
  const entries = walk.records.entries().map(({ seq: _, ...entry }) => entry)
  check(sameValue(entries, read), 'whoever walks a log reads the same')
  return read
}

/** Whatever lies in the store is read or is damaged, whoever wrote it and whatever became of it. */
export const storedRecords: FuzzTarget = {
  name: 'stored-records',
  watched: [
    'packages/server/src/log/records.ts',
    'packages/server/src/log/entry-run.ts',
    'packages/server/src/log/run-walk.ts',
    'packages/server/src/log/checked-records.ts',
    'packages/server/src/log/history-segment.ts',
    'packages/server/src/log/byte-columns.ts',
    'packages/server/src/log/update-columns.ts',
    'packages/core/src/log/seal.ts',
  ],
  maxBytes: 400,
  pace: 10_000,
  seeds: () => [
    ...kinds.map((_, i) => Uint8Array.of(i, 1)),
    ...kinds.map((_, i) => Uint8Array.of(i, 2)),
    Uint8Array.of(kinds.length, 3, ...packEntries(folded)),
    Uint8Array.of(kinds.length + 1, 1, ...updates.flatMap(update => [update.length, ...update])),
    Uint8Array.of(kinds.length + 2, 1, ...updates.flatMap(update => [update.length, ...update])),
  ],
  async run(input) {
    const choices = new Choices(input)
    const number = choices.int(kinds.length + 3)
    const kind = kinds[number]
    if (kind !== undefined) await readsDamaged(kind, choices)
    else if (number === kinds.length) {
      const count = choices.byte() * (choices.chance(0.1) ? 2 ** 32 : 1)
      const unpacked = unpackEntries(choices.rest(), count)
      check(unpacked === null || unpacked.length === count, 'as many entries as were asked for')
    } else {
      const written: Uint8Array[] = []
      choices.byte()
      while (!choices.isSpent) written.push(choices.take(choices.byte()))
      comesBack(number === kinds.length + 1, written, choices)
    }
  },
}

/** With a seal that fits, as after a mistake of our own, or without, as after a fault of the disk. */
async function readsDamaged({ place, read, write }: Kind, choices: Choices): Promise<void> {
  const mode = choices.int(4)
  if (mode === 0) return void (await read(choices.rest()))
  const payloadAt = payloadOffset(place.length)
  const written = await write()
  if (mode === 3) return void (await read(seal(place, choices.rest(), checksum)))
  const record = mode === 1 ? written : written.slice()
  while (!choices.isSpent) {
    const at = choices.int(record.length)
    if (mode === 2 && at < payloadAt) record[at] = choices.byte()
    else record[at] = choices.byte()
  }
  if (mode === 1) return void (await read(seal(place, record.subarray(payloadAt), checksum)))
  const whole = equalBytes(record, await write())
  const value = await read(record)
  const empty = value === null || (Array.isArray(value) && value.length === 0)
  check(whole || empty, 'what was changed is not believed')
}

/** What is written comes back, whatever the updates are. */
function comesBack(asRun: boolean, written: readonly Uint8Array[], choices: Choices): void {
  if (written.length === 0) return
  const all = written.map(
    (bytes, i): NewEntry => ({
      bytes,
      at: 1_000 + choices.byte(),
      base: seq(i),
      author: someone,
      counter: i + 1 + choices.byte(),
    }),
  )
  if (asRun) {
    const { record, next } = sealRun(1, first, 0, all, 0, () => 3)
    check(sameValue(walked(record), all.slice(0, next)), 'what is sealed comes back')
    return
  }
  const packed = all.map(({ author: _, ...entry }): FoldedEntry => ({ ...entry, author: 1 }))
  check(sameValue(unpackEntries(packEntries(packed), packed.length), packed), 'what is folded comes back')
}
