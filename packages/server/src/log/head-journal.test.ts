import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { concatBytes, crc32, type DocName, writeU32 } from '@tutti/core'
import { manualEnv } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import { tempDir } from '../../../../tests/support/temp-dir.ts'
import { HeadJournal } from './head-journal.ts'
import { nodeDisk } from './node-disk.ts'

const sizeOf = async (path: string) => (await stat(join(path, 'heads'))).size

async function begun(path: string, isNew: boolean) {
  const env = manualEnv()
  const { journal, problems, names } = HeadJournal.read(nodeDisk(path), isNew)
  journal.begin(env)
  return { env, journal, problems, names }
}

describe('the journal of heads', () => {
  test('tells the first commit after a pause at once, and those that follow together', async () => {
    const path = await tempDir()
    const { env, journal } = await begun(path, true)
    const empty = await sizeOf(path)
    const commit = (docNo: number, seq: number) => {
      journal.noteHead(docNo, seq, seq, 0)
      journal.flushSoon()
    }
    commit(1, 1)
    const one = (await sizeOf(path)) - empty
    expect(one).toBeGreaterThan(0)
    for (let seq = 2; seq <= 50; seq++) commit(1, seq)
    commit(2, 7)
    env.advance(39)
    expect(await sizeOf(path)).toBe(empty + one)
    env.advance(1)
    expect(await sizeOf(path)).toBe(empty + 3 * one)
    // Left as a kill leaves it: what was told is there.
    commit(1, 51)
    const { journal: left } = HeadJournal.read(nodeDisk(path), false)
    expect(left.head(1)).toEqual({ seq: 50, link: 50, checkpointSeq: 0 })
    expect(left.head(2)?.seq).toBe(7)
    expect(left.closedCleanly).toBe(false)
    journal.close(true)
  })

  test('[LOG14] knows everything once it was closed, and the first commit afterwards takes the mark of that away', async () => {
    const path = await tempDir()
    const first = await begun(path, true)
    first.journal.noteName(1, 'song' as DocName)
    first.journal.noteHead(1, 1, 11, 0)
    first.journal.flushSoon()
    first.journal.noteName(2, 'other' as DocName)
    first.journal.noteHead(2, 5, 55, 3)
    first.journal.noteRemoved(1)
    first.journal.flushSoon()
    first.journal.close(true)
    const second = await begun(path, false)
    expect(second.problems).toEqual([])
    expect([...second.names]).toEqual([
      [1, 'song'],
      [2, 'other'],
    ])
    expect([second.journal.head(1), second.journal.isRemoved(1)]).toEqual([null, true])
    expect(second.journal.head(2)).toEqual({ seq: 5, link: 55, checkpointSeq: 3 })
    expect(second.journal.closedCleanly).toBe(true)
    second.journal.noteHead(2, 6, 66, 3)
    second.journal.flushSoon()
    expect(HeadJournal.read(nodeDisk(path), false).journal.closedCleanly).toBe(false)
    second.journal.close(false)
    expect((await readFile(join(path, 'heads'))).length).toBeGreaterThan(8)
  })

  test('[LOG15] a document number far beyond what the file tells of is damage, and no table is made for it', async () => {
    const path = await tempDir()
    const record = new Uint8Array(25)
    record[0] = 1
    writeU32(record, 1, 2 ** 28 - 1)
    writeU32(record, 21, crc32(record, 0, 21))
    const { journal } = await begun(path, true)
    journal.noteHead(1, 1, 1, 0)
    journal.close(true)
    const heads = await readFile(join(path, 'heads'))
    await writeFile(join(path, 'heads'), concatBytes([heads.subarray(0, 8), record, heads.subarray(8)]))
    const read = HeadJournal.read(nodeDisk(path), false)
    expect(read.problems).toEqual(['the journal of heads has 1 damaged records'])
    expect(read.journal.size).toBe(2)
  })
})
