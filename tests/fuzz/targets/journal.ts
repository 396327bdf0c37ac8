import { concatBytes, crc32, writeU32, writeU48 } from '@tutti/core'
import type { Disk } from '../../../packages/server/src/log/disk.ts'
import { HeadJournal } from '../../../packages/server/src/log/head-journal.ts'
import { Choices } from '../engine/choices.ts'
import { check, type FuzzTarget } from '../engine/target.ts'

const utf8 = new TextEncoder()

/**
 * The journal beside the store, from two files that are anything. An input is a script of records with right and wrong
 * seals, and of bytes between them.
 */
export const journal: FuzzTarget = {
  name: 'journal',
  watched: [
    'packages/server/src/log/head-journal.ts',
    'packages/server/src/log/head-table.ts',
    'packages/server/src/log/append-file.ts',
  ],
  maxBytes: 200,
  pace: 30_000,
  seeds: () => [
    new Uint8Array(60),
    Uint8Array.from({ length: 60 }, (_, i) => (i * 37) & 255),
    Uint8Array.from({ length: 60 }, (_, i) => (i * 101 + 3) & 255),
  ],
  run(input) {
    const choices = new Choices(input)
    const heads: Uint8Array[] = [utf8.encode(choices.chance(0.9) ? 'tuttiHD1' : 'tuttiHD2')]
    const names: Uint8Array[] = [utf8.encode(choices.chance(0.9) ? 'tuttiNM1' : '')]
    while (!choices.isSpent) {
      const kind = choices.int(5)
      if (kind < 2) heads.push(headRecord(choices))
      else if (kind === 2) names.push(nameRecord(choices))
      else (kind === 3 ? heads : names).push(choices.take(choices.int(32)))
    }
    const files: Record<string, Uint8Array> = { heads: concatBytes(heads), names: concatBytes(names) }
    const disk = { folder: 'fuzz', readFile: (name: string) => files[name] ?? null } as unknown as Disk
    const { journal: read, problems, names: found } = HeadJournal.read(disk, false)
    check(problems.length <= heads.length + names.length + 2, 'problems are told, not repeated')
    check(read.size < 2 ** 29, 'no number is believed for which there is no room')
    for (const docNo of found.keys()) check(docNo < 2 ** 32, 'a number is a number')
    for (let docNo = 0; docNo < Math.min(read.size, 300); docNo++) {
      const head = read.head(docNo)
      check(head === null || !read.isRemoved(docNo), 'a removed document has no head')
    }
  },
}

function headRecord(choices: Choices): Uint8Array {
  const record = new Uint8Array(25)
  record[0] = choices.int(5)
  writeU32(record, 1, choices.chance(0.9) ? choices.byte() : choices.int(2 ** 32))
  writeU48(record, 5, choices.byte())
  writeU48(record, 11, choices.byte())
  writeU32(record, 17, choices.byte())
  writeU32(record, 21, crc32(record, 0, 21) ^ (choices.chance(0.9) ? 0 : 1))
  return record
}

function nameRecord(choices: Choices): Uint8Array {
  const name = choices.take(choices.int(8))
  const record = new Uint8Array(10 + name.length)
  writeU32(record, 0, choices.byte())
  record[4] = name.length
  record.set(name, 6)
  writeU32(record, 6 + name.length, crc32(record, 0, 6 + name.length) ^ (choices.chance(0.9) ? 0 : 1))
  return record
}
