import { execFileSync, spawn } from 'node:child_process'
import { appendFile, chmod, cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DocName, type Epoch, type NewEntry, seal, seq, systemEnv, type TuttiError } from '@tutti/core'
import { Level } from 'level'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { tempDir } from '../../../../tests/support/temp-dir.ts'
import { formatKey, letters, nameKey, numberKey } from './level-keys.ts'
import type { LevelLog } from './level-log.ts'
import { openLevelLog } from './open-level-log.ts'

const song = 'song' as DocName
const other = 'other' as DocName
const epoch = 'e1' as Epoch
const author = { subject: 'ana', device: 'phone', session: 's1' }
const entry = (i: number, size = 100): NewEntry => ({
  bytes: new Uint8Array(size).fill(i),
  at: 1_700_000_000_000 + i,
  base: seq(0),
  author,
  counter: i,
})
const counters = async (log: LevelLog, doc = song) => (await log.open(doc)).entries.map(({ counter }) => counter)
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'accepted',
    (error: TuttiError) => error.code,
  )

async function opened(path: string): Promise<LevelLog> {
  const log = await openLevelLog(path, systemEnv)
  onTestFinished(() => log.close().catch(() => {}))
  return log
}

async function file(path: string, ending: string): Promise<string> {
  const found = (await readdir(join(path, 'level')))
    .filter(name => name.endsWith(ending))
    .sort()
    .at(-1)
  return join(path, 'level', found as string)
}

afterEach(() => vi.restoreAllMocks())

/** Makes the next commits fail; `landed` says whether they reach the disk all the same. */
function failWrites(landed: boolean, times: number) {
  const { batch: batchOf } = Level.prototype as unknown as {
    batch: (this: unknown) => { write(options: object): Promise<void> }
  }
  vi.spyOn(Level.prototype, 'batch').mockImplementation(function (this: unknown) {
    const batch = batchOf.call(this)
    const write = batch.write.bind(batch)
    batch.write = async options => {
      const fails = times-- > 0
      if (landed || !fails) await write(options)
      if (fails) throw new Error('IO error: sync failed')
    }
    return batch as never
  } as never)
}

describe('a mark of deletion', () => {
  test('[LOG13] that is damaged is found and named, and the document is not written', async () => {
    const path = await tempDir()
    const log = await opened(path)
    await log.append(song, epoch, [entry(1)])
    await log.mark(song, { at: 7, by: 'ana' })
    await log.close()
    const db = new Level<Uint8Array, Uint8Array>(join(path, 'level'), { keyEncoding: 'view', valueEncoding: 'view' })
    const key = numberKey(letters.mark, 1)
    const record = await db.get(key)
    record[record.length - 1] = (record.at(-1) as number) ^ 1
    await db.put(key, record)
    await db.close()
    const again = await opened(path)
    expect(again.findings).toMatchObject([{ kind: 'unknown-record', doc: song }])
    expect(await again.open(song)).toMatchObject({ deleted: null, findings: [{ kind: 'unknown-record' }] })
    expect(await code(again.append(song, epoch, [entry(2)]))).toBe('document-unavailable')
  })
})

describe('a Level log whose store refuses', () => {
  test.each([true, false])(
    '[LOG12] a refused append leaves nothing, even when it had reached the disk: %s',
    async landed => {
      const path = await tempDir()
      const log = await opened(path)
      await log.append(song, epoch, [entry(1), entry(2)])
      failWrites(landed, 1)
      const calls = [
        log.append(song, epoch, [entry(3)]),
        log.append(other, epoch, [entry(4)]),
        log.append(song, epoch, [entry(5)]),
      ]
      expect(await Promise.all(calls.map(code))).toEqual(Array(3).fill('store-unavailable'))
      expect(await code(log.append(song, epoch, [entry(6)]))).toBe('store-unavailable')
      await log.probe()
      expect(await counters(log)).toEqual([1, 2])
      expect((await log.open(other)).epoch).toBe(null)
      expect(await log.append(song, epoch, [entry(7)])).toBe(3)
      expect(await log.append(other, 'e2' as Epoch, [entry(8)])).toBe(1)
      await log.close()
      const again = await opened(path)
      expect(again.findings).toEqual([])
      expect(await counters(again)).toEqual([1, 2, 7])
      expect(await counters(again, other)).toEqual([8])
    },
  )

  test.each([true, false])(
    '[LOG21] a refused mark does not count, even when it had reached the disk: %s',
    async landed => {
      const path = await tempDir()
      const log = await opened(path)
      await log.append(song, epoch, [entry(1)])
      await log.append(other, epoch, [entry(2)])
      await log.mark(other, { at: 7, by: 'ana' })
      failWrites(landed, 1)
      const calls = [log.mark(song, { at: 8, by: 'ana' }), log.mark(other, null)]
      expect(await Promise.all(calls.map(code))).toEqual(['store-unavailable', 'store-unavailable'])
      await log.probe()
      await log.close()
      const again = await opened(path)
      expect([(await again.open(song)).deleted, (await again.open(other)).deleted]).toEqual([
        null,
        { at: 7, by: 'ana' },
      ])
    },
  )

  test('[LOG11] while the store refuses, reads go on and a probe says no; when it is well a probe makes it whole', async () => {
    const log = await opened(await tempDir())
    await log.append(song, epoch, [entry(1)])
    failWrites(false, 3)
    expect(await code(log.append(song, epoch, [entry(2)]))).toBe('store-unavailable')
    expect(await code(log.probe())).toBe('store-unavailable')
    expect(await counters(log)).toEqual([1])
    expect(await code(log.checkpoint(song, { seq: seq(1), bytes: new Uint8Array(9), at: 1, content: '' }))).toBe(
      'store-unavailable',
    )
    expect(await code(log.probe())).toBe('store-unavailable')
    expect(await log.read(song, seq(0), 1000)).toHaveLength(1)
    await log.probe()
    expect(await log.append(song, epoch, [entry(3)])).toBe(2)
  })

  test('[LOG11] a folder that cannot be written is refused with its name', async () => {
    const path = await tempDir()
    await (await opened(path)).close()
    if (process.getuid?.() === 0) {
      // Root writes wherever it likes, but not through a file that is in the way.
      await rm(join(path, 'level'), { recursive: true })
      await writeFile(join(path, 'level'), '')
    } else await chmod(path, 0o555)
    const refusal = await openLevelLog(path, systemEnv).catch((error: TuttiError) => error)
    await chmod(path, 0o755)
    expect(refusal).toMatchObject({ code: 'store-unavailable', message: expect.stringContaining(path) })
  })
})

describe('a Level log that was left', { timeout: 60_000 }, () => {
  test('[LOG4] a torn tail is cut, never replayed', async () => {
    const path = await tempDir()
    const log = await opened(path)
    for (let i = 1; i <= 5; i++) await log.append(song, epoch, [entry(i)])
    const journal = await readFile(join(path, 'heads'))
    await log.append(song, epoch, [entry(6)])
    // What a crash leaves in the middle of the sixth append: its record cut short, the journal not told.
    const crashed = await tempDir()
    await cp(path, crashed, { recursive: true })
    const wal = await file(crashed, '.log')
    await truncate(wal, (await stat(wal)).size - 40)
    await writeFile(join(crashed, 'heads'), journal)
    const again = await opened(crashed)
    expect(again.findings).toEqual([])
    expect(await counters(again)).toEqual([1, 2, 3, 4, 5])
    expect(await again.append(song, epoch, [entry(7)])).toBe(6)
    expect(await counters(again)).toEqual([1, 2, 3, 4, 5, 7])
  })

  test('[LOG4] a torn tail of the journal is cut and means nothing', async () => {
    const path = await tempDir()
    const log = await opened(path)
    await log.append(song, epoch, [entry(1), entry(2)])
    await log.close()
    await appendFile(join(path, 'heads'), Buffer.alloc(60, 7))
    await appendFile(join(path, 'names'), Buffer.alloc(5, 7))
    const again = await opened(path)
    expect(again.findings).toEqual([])
    expect(again.closedCleanly).toBe(false)
    await again.append(song, epoch, [entry(3)])
    await again.close()
    const third = await opened(path)
    expect(third.findings).toEqual([])
    expect(third.closedCleanly).toBe(true)
    expect(await counters(third)).toEqual([1, 2, 3])
  })

  test('[LOG14] entries that were stored and are gone are named, even where LevelDB sees nothing wrong', async () => {
    const path = await tempDir()
    const log = await opened(path)
    for (let i = 1; i <= 5; i++) await log.append(song, epoch, [entry(i)])
    await log.append(other, epoch, [entry(1)])
    const wal = await file(path, '.log')
    const before = (await stat(wal)).size
    for (let i = 6; i <= 9; i++) await log.append(song, epoch, [entry(i)])
    await log.close()
    const rolledBack = await tempDir()
    await cp(path, rolledBack, { recursive: true })
    await truncate(await file(rolledBack, '.log'), before)
    for (let life = 0; life < 2; life++) {
      const again = await opened(rolledBack)
      const missing = expect.objectContaining({ kind: 'missing-entries', doc: song, from: 6, to: 9 })
      expect(again.findings).toContainEqual(missing)
      const found = await again.open(song)
      expect(found.findings).toContainEqual(missing)
      expect(found.entries.map(({ counter }) => counter)).toEqual([1, 2, 3, 4, 5])
      expect(await code(again.append(song, epoch, [entry(10)]))).toBe('document-unavailable')
      expect(await again.append(other, epoch, [entry(2 + life)])).toBe(2 + life)
      await again.close()
    }
    const kept = (await readdir(rolledBack)).filter(name => name.startsWith('damaged-'))
    expect(kept).toHaveLength(1)
  })

  test('[LOG14] a store that is gone is not an empty store: its documents are missing, and take no writes', async () => {
    const path = await tempDir()
    const log = await opened(path)
    await log.append(song, epoch, [entry(1), entry(2)])
    await log.close()
    await rm(join(path, 'level'), { recursive: true })
    const again = await opened(path)
    expect(again.findings).toContainEqual(expect.objectContaining({ kind: 'missing-document', doc: song, to: 2 }))
    expect((await again.open(song)).findings).not.toEqual([])
    expect(await code(again.append(song, epoch, [entry(3)]))).toBe('document-unavailable')
    expect(await again.append(other, epoch, [entry(1)])).toBe(1)
    await again.remove(song)
    expect(await again.append(song, epoch, [entry(3)])).toBe(1)
    await again.close()
    expect((await opened(path)).findings).toEqual([])
  })

  test('[LOG15] a journal that is gone or damaged is a finding, and is written anew', async () => {
    const path = await tempDir()
    const log = await opened(path)
    for (let i = 1; i <= 5; i++) await log.append(song, epoch, [entry(i)])
    await log.close()
    await rm(join(path, 'names'))
    const heads = await readFile(join(path, 'heads'))
    heads[40] = (heads[40] as number) ^ 1
    await writeFile(join(path, 'heads'), heads)
    const again = await opened(path)
    expect(again.findings.map(({ message }) => message)).toEqual([
      expect.stringContaining('names is missing'),
      expect.stringContaining('journal of heads has 1 damaged'),
    ])
    expect(await again.append(song, epoch, [entry(6)])).toBe(6)
    await again.close()
    expect((await opened(path)).findings).toEqual([])
  })

  test('[LOG16] a store whose reading ends a process does not end this one', async () => {
    const path = await tempDir()
    const log = await opened(path)
    await log.append(
      song,
      epoch,
      Array.from({ length: 200 }, (_, i) => entry(i)),
    )
    await log.close()
    await (await opened(path)).close()
    const table = await file(path, '.ldb')
    const bytes = await readFile(table)
    bytes.fill(255, 0, bytes.length - 48)
    await writeFile(table, bytes)
    const again = await opened(path)
    expect(again.findings).toContainEqual(expect.objectContaining({ doc: song }))
    expect((await again.open(song)).findings).not.toEqual([])
    const [aside] = (await readdir(path)).filter(name => name.startsWith('damaged-'))
    expect(await readdir(join(path, aside as string))).toContain(table.split('/').at(-1))
  })

  test('[LOG17] a store in use is refused, and is left as it is', async () => {
    const path = await tempDir()
    const log = await opened(path)
    await log.append(song, epoch, [entry(1)])
    const program = `
      const { Level } = require('level')
      new Level(process.argv[1]).open().then(() => console.log('opened'), error => console.log(error.cause.code))`
    const tryElsewhere = () =>
      execFileSync(process.execPath, ['-e', program, join(path, 'level')], { encoding: 'utf8' }).trim()
    expect(tryElsewhere()).toBe('LEVEL_LOCKED')
    const refusal = await openLevelLog(path, systemEnv).catch((error: TuttiError) => error)
    expect(refusal).toMatchObject({ code: 'store-unavailable', message: expect.stringContaining(path) })
    expect(refusal).toMatchObject({ message: expect.stringContaining('in use') })
    expect(tryElsewhere()).toBe('LEVEL_LOCKED')
    expect(await log.append(song, epoch, [entry(2)])).toBe(2)
  })

  test('[LOG17] a store in use elsewhere is refused before anything of it is touched', async () => {
    const path = await tempDir()
    await (await opened(path)).close()
    const program = `
      const { Level } = require('level')
      new Level(process.argv[1]).open().then(() => console.log('opened'))
      setInterval(() => {}, 1000)`
    const holder = spawn(process.execPath, ['-e', program, join(path, 'level')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void holder.kill('SIGKILL'))
    await new Promise(resolve => holder.stdout.once('data', resolve))
    const before = await readdir(path)
    const refusal = await openLevelLog(path, systemEnv).catch((error: TuttiError) => error)
    expect(refusal).toMatchObject({ code: 'store-unavailable', message: expect.stringContaining('another process') })
    expect(await readdir(path)).toEqual(before)
  })

  test('[LOG18] a store written by a newer version is refused', async () => {
    const path = await tempDir()
    await (await opened(path)).close()
    const db = new Level<Uint8Array, Uint8Array>(join(path, 'level'), { keyEncoding: 'view', valueEncoding: 'view' })
    await db.put(formatKey, seal(formatKey, Uint8Array.of(2)))
    await db.close()
    expect(await code(openLevelLog(path, systemEnv))).toBe('unsupported-version')
  })

  test('[LOG9] a document with findings may be read and must not be written; what is whole around the damage reads', async () => {
    const path = await tempDir()
    const log = await opened(path)
    for (let i = 1; i <= 20; i++) await log.append(song, epoch, [entry(i)])
    await log.append(other, epoch, [entry(1)])
    await log.close()
    const db = new Level<Uint8Array, Uint8Array>(join(path, 'level'), { keyEncoding: 'view', valueEncoding: 'view' })
    const stored = await db.iterator({ gte: Uint8Array.of(0x65), lt: Uint8Array.of(0x66) }).all()
    const [, record] = stored[6] as [Uint8Array, Uint8Array]
    record[30] = (record[30] as number) ^ 4
    await db.put((stored[6] as [Uint8Array, Uint8Array])[0], record)
    await db.del((stored[11] as [Uint8Array, Uint8Array])[0])
    await db.close()
    const again = await opened(path)
    const found = await again.open(song)
    expect(found.entries.map(({ counter }) => counter)).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, ...range(13, 20)])
    expect(found.findings).toEqual([
      expect.objectContaining({ kind: 'damaged-entry', doc: song, from: 7, to: 7 }),
      expect.objectContaining({ kind: 'missing-entries', doc: song, from: 12, to: 12 }),
    ])
    expect(await code(again.append(song, epoch, [entry(21)]))).toBe('document-unavailable')
    expect(await code(again.checkpoint(song, { seq: seq(20), bytes: new Uint8Array(1), at: 1, content: '' }))).toBe(
      'document-unavailable',
    )
    expect(await code(again.read(song, seq(5), 1e6))).toBe('document-unavailable')
    expect(await again.append(other, epoch, [entry(2)])).toBe(2)
  })
})

describe('a record of many entries', () => {
  const batch = (from: number, to: number) => range(from, to).map(i => entry(i))
  const openRaw = (path: string) =>
    new Level<Uint8Array, Uint8Array>(join(path, 'level'), { keyEncoding: 'view', valueEncoding: 'view' })
  const records = { gte: Uint8Array.of(0x65), lt: Uint8Array.of(0x66) }

  async function withBroken(path: string, index: number): Promise<number> {
    const db = openRaw(path)
    const stored = await db.iterator(records).all()
    const [key, record] = stored[index] as [Uint8Array, Uint8Array]
    record[record.length - 3] = (record[record.length - 3] as number) ^ 4
    await db.put(key, record)
    await db.close()
    return stored.length
  }

  test('[LOG13] a name that is damaged and written down nowhere else is a finding, never a document that was never written', async () => {
    const path = await tempDir()
    const log = await openLevelLog(path, systemEnv)
    await log.append(song, epoch, [entry(1)])
    await log.close()
    await rm(join(path, 'names'))
    const db = new Level<Uint8Array, Uint8Array>(join(path, 'level'), { keyEncoding: 'view', valueEncoding: 'view' })
    const record = await db.get(nameKey(song))
    await db.put(
      nameKey(song),
      record.map((byte, i) => (i === 9 ? byte ^ 4 : byte)),
    )
    await db.close()
    const after = await opened(path)
    expect((await after.open(song)).findings).toMatchObject([{ kind: 'missing-document', doc: song }])
    expect(await code(after.append(song, epoch, [entry(2)]))).toBe('document-unavailable')
    expect((await after.open(other)).findings).toEqual([])
  })

  test('[LOG19] what one commit appends is one record, and its damage names all of its entries and no others', async () => {
    const path = await tempDir()
    const log = await opened(path)
    await log.append(song, epoch, batch(1, 10))
    await Promise.all([log.append(song, epoch, batch(11, 14)), log.append(song, epoch, batch(15, 20))])
    await log.append(song, epoch, batch(21, 30))
    await log.close()
    expect(await withBroken(path, 1)).toBe(3)
    const again = await opened(path)
    const damage = expect.objectContaining({ kind: 'damaged-entry', doc: song, from: 11, to: 20 })
    expect(again.findings).toEqual([damage])
    const found = await again.open(song)
    expect(found.findings).toEqual([damage])
    expect(found.entries.map(({ seq: at, counter }) => [at, counter])).toEqual(
      [...range(1, 10), ...range(21, 30)].map(i => [i, i]),
    )
    expect(await code(again.append(song, epoch, [entry(31)]))).toBe('document-unavailable')
  })

  test('[LOG19] damage of the last record reaches to the head', async () => {
    const path = await tempDir()
    const log = await opened(path)
    await log.append(song, epoch, batch(1, 10))
    await log.append(song, epoch, batch(11, 25))
    await log.close()
    await withBroken(path, 1)
    const again = await opened(path)
    expect((await again.open(song)).findings).toEqual([
      expect.objectContaining({ kind: 'damaged-entry', doc: song, from: 11, to: 25 }),
    ])
  })

  test('[LOG7] a checkpoint within a record keeps it for its rest; damage of it is damage of the rest alone', async () => {
    const path = await tempDir()
    const log = await opened(path)
    const checkpoint = { seq: seq(14), bytes: new Uint8Array(5), at: 1, content: '' }
    for (const from of [1, 11, 21]) await log.append(song, epoch, batch(from, from + 9))
    await log.checkpoint(song, checkpoint)
    await log.checkpoint(song, { ...checkpoint, seq: seq(17) })
    expect(await counters(log)).toEqual(range(18, 30))
    expect((await log.history(song, seq(1), seq(30))).map(({ counter }) => counter)).toEqual(range(1, 17))
    expect((await log.read(song, seq(25), 1e6)).map(({ counter }) => counter)).toEqual(range(26, 30))
    await log.append(song, epoch, batch(31, 31))
    await log.close()
    expect(await withBroken(path, 0)).toBe(3)
    const again = await opened(path)
    const found = await again.open(song)
    expect(found.findings).toContainEqual(expect.objectContaining({ kind: 'damaged-entry', from: 18, to: 20 }))
    expect(found.entries.map(({ counter }) => counter)).toEqual(range(21, 31))
  })
})

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}
