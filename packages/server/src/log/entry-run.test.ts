import { isWhole, type NewEntry, sealOf, seq } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import { bytesPerRun, entriesPerRun, RunReader, sealRun } from './entry-run.ts'
import { positionOfRecord } from './level-keys.ts'
import { checksum } from './records.ts'

const authors = ['ana', 'ben', 'eve'].map(subject => ({ subject, device: '', session: '' }))
const numberOf = (entry: NewEntry) => authors.indexOf(entry.author)

function entriesOf(count: number, seed: number): NewEntry[] {
  const random = seededRandom(seed)
  const below = (limit: number) => Math.floor(random.next() * limit)
  return Array.from({ length: count }, (_, i) => ({
    bytes: random.bytes(random.next() < 0.02 ? below(3000) : below(30)),
    at: 1_700_000_000_000 + (random.next() < 0.7 ? 0 : below(100_000) - 50_000),
    base: seq(random.next() < 0.7 ? 9 : below(2 ** 40)),
    author: authors[random.next() < 0.7 ? 0 : below(3)] as (typeof authors)[number],
    counter: random.next() < 0.6 ? i + 1 : random.next() < 0.5 ? 0 : below(2 ** 40),
  }))
}

function readAll(record: Uint8Array) {
  const reader = new RunReader()
  reader.open(record)
  const all = []
  while (reader.next()) {
    const { author, at, base, counter, start, end } = reader
    all.push({ author, at, base, counter, bytes: record.slice(start, end) })
  }
  return { all, link: reader.link, failed: reader.failed }
}

describe('a record of entries', () => {
  test('gives back what was put in, in as many records as it takes', () => {
    for (let seed = 1; seed <= 3; seed++) {
      const entries = entriesOf(1_300, seed)
      const found = []
      let link = 77
      for (let from = 0; from < entries.length; ) {
        const { record, next, updateBytes } = sealRun(3, from + 1, link, entries, from, numberOf)
        expect(next - from).toBeLessThanOrEqual(entriesPerRun)
        expect(record.length).toBeLessThanOrEqual(bytesPerRun + 100)
        expect([isWhole(record, checksum), positionOfRecord(record)]).toEqual([true, from + 1])
        const read = readAll(record)
        expect(read).toMatchObject({ link, failed: false })
        expect(read.all).toHaveLength(next - from)
        expect(read.all.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(updateBytes)
        found.push(...read.all)
        link = sealOf(record)
        from = next
      }
      // One string each: comparing thousands of arrays byte by byte takes seconds.
      const tell = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
      const expected = entries.map(entry => ({ ...entry, author: numberOf(entry), bytes: tell(entry.bytes) }))
      expect(found.map(entry => ({ ...entry, bytes: tell(entry.bytes) }))).toEqual(expected)
    }
  })

  test('a keystroke that goes on as expected takes one byte more than its update', () => {
    for (const counter of [(i: number) => i + 1, () => 0]) {
      const entries = Array.from({ length: 100 }, (_, i) => ({
        ...(entriesOf(1, 1)[0] as NewEntry),
        counter: counter(i),
      }))
      const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0)
      expect(sealRun(1, 1, 0, entries, 0, numberOf).record.length).toBeLessThan(bytes + 100 + 40)
    }
  })

  test('an entry bigger than a record has one of its own', () => {
    const [one, two] = entriesOf(2, 4) as [NewEntry, NewEntry]
    const entries = [one, { ...two, bytes: new Uint8Array(bytesPerRun * 2).fill(5) }, one]
    expect([0, 1, 2].map(from => sealRun(1, from + 1, 0, entries, from, numberOf).next)).toEqual([1, 2, 3])
  })

  test('what is cut anywhere, or is no such record, reads as failed and never beyond its end', () => {
    const { record } = sealRun(1, 1, 0, entriesOf(40, 6), 0, numberOf)
    const random = seededRandom(8)
    const whole = readAll(record).all.length
    for (let length = 0; length < record.length; length++) {
      const read = readAll(record.slice(0, length))
      expect(read.failed || read.all.length < whole, String(length)).toBe(true)
    }
    for (let n = 0; n < 500; n++) {
      const broken = record.slice()
      for (let k = 0; k < 4; k++) broken[16 + Math.floor(random.next() * (record.length - 16))] = 128 + n
      expect(readAll(broken).all.length).toBeLessThan(record.length)
    }
  })
})
