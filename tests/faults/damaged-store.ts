import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DocName, type Epoch, type NewEntry, seq, systemEnv } from '@tutti/core'
import { Replica, seededRandom } from '@tutti/core/testing'
import { expect, vi } from 'vitest'
import * as Y from 'yjs'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'

const epoch = 'e1' as Epoch
const names = ['ballad', 'blues', 'folk/tune', 'jazz', 'march', 'polka', 'reel', 'waltz', 'born last'] as DocName[]

export interface BuiltStores {
  /** A store that was closed. */
  readonly closed: string
  /** As a crash leaves it: the log of LevelDB not yet turned into a table, nothing closed. */
  readonly crashed: string
  /** The same store as it was earlier. */
  readonly earlier: string
  /** The content of each document, as somebody has it who has seen everything. */
  readonly contents: ReadonlyMap<DocName, Uint8Array>
}

/** A store of several lives: folded and long documents, fresh ones, a removed one; tables, a log, and journals. */
export async function buildStores(folder: string): Promise<BuiltStores> {
  const random = seededRandom(7)
  const built = { closed: join(folder, 'closed'), crashed: join(folder, 'crashed'), earlier: join(folder, 'earlier') }
  const replicas = new Map(names.map((doc, i) => [doc, new Replica(i + 1)]))
  const updates = new Map(names.map(doc => [doc, [] as Uint8Array[]]))
  const author = (n: number) => ({ subject: `user ${n}`, device: `device ${n}`, session: `session ${n}` })
  const write = (doc: DocName, count: number): NewEntry[] => {
    const { doc: content, outbox } = replicas.get(doc) as Replica
    while (outbox.length < count) {
      // Some text, so that tables have blocks enough, and work of all kinds.
      if (random.next() < 0.5) content.getText('text').insert(0, `${random.next()} `.repeat(1 + random.int(12)))
      else (replicas.get(doc) as Replica).edit(random)
    }
    const all = updates.get(doc) as Uint8Array[]
    return outbox.splice(0).map((bytes, i) => {
      all.push(bytes)
      return { bytes, at: 1_700_000_000_000 + i, base: seq(i), author: author(i % 3), counter: all.length }
    })
  }
  for (let life = 0; life < 4; life++) {
    const log = await openLevelLog(built.closed, systemEnv)
    for (const [i, doc] of names.slice(0, 8).entries()) {
      for (let turn = 0; turn < 6; turn++) await log.append(doc, epoch, write(doc, 4 + 3 * i))
    }
    if (life === 1) {
      const forgotten = { bytes: new Uint8Array(200), at: 1, base: seq(0), author: author(1), counter: 1 }
      await log.append('forgotten' as DocName, epoch, Array<NewEntry>(50).fill(forgotten))
    }
    if (life === 2) await log.remove('forgotten' as DocName)
    for (const doc of names.slice(0, life)) {
      const at = seq((await log.open(doc)).head - 5)
      const bytes = Y.mergeUpdates((updates.get(doc) as Uint8Array[]).slice(0, at))
      await log.checkpoint(doc, { seq: at, bytes, at: 1, content: 'aa' })
    }
    if (life === 3) {
      await log.append('born last' as DocName, epoch, write('born last' as DocName, 30))
      // What the journal does not know yet cannot be missed: so it is one some milliseconds after the last write.
      const journal = join(built.closed, 'names')
      await vi.waitFor(async () => expect(await readFile(journal, 'latin1')).toContain('born last'))
      await cp(built.closed, built.crashed, { recursive: true })
    }
    await log.close()
    if (life === 2) await cp(built.closed, built.earlier, { recursive: true })
  }
  const contents = new Map(names.map(doc => [doc, Y.mergeUpdates(updates.get(doc) as Uint8Array[])]))
  return { ...built, contents }
}

const faults = ['flip', 'truncate', 'zero', 'swap', 'delete', 'stale'] as const

/** Applies one fault and tells which: `flip level/000012.ldb at 77 of 4711`. */
export async function damage(path: string, earlier: string, seed: number): Promise<string> {
  const random = seededRandom(seed * 7919 + 1)
  const byKind = await filesByKind(path)
  // Tables hold most of the data, so most of the faults.
  const kinds = [...byKind.keys(), '.ldb', '.ldb', '.ldb', '.log', '.log', 'MANIFEST'].filter(kind => byKind.has(kind))
  const kind = kinds[random.int(kinds.length)] as string
  const candidates = byKind.get(kind) as string[]
  const name = candidates[random.int(candidates.length)] as string
  const file = join(path, name)
  const what = faults[random.int(faults.length)]
  if (what === 'delete') await rm(file)
  if (what === 'stale') {
    const old = (await filesByKind(earlier)).get(kind) ?? []
    const from = old.includes(name) ? name : old[random.int(Math.max(1, old.length))]
    if (from === undefined) await rm(file)
    else await cp(join(earlier, from), file)
  }
  if (what === 'delete' || what === 'stale') return `${what} ${name}`
  const bytes = await readFile(file)
  if (bytes.length === 0) return `${what} ${name} (empty)`
  if (what === 'truncate') {
    await truncate(file, random.int(bytes.length))
    return `${what} ${name}`
  }
  const at = random.int(bytes.length)
  if (what === 'flip') bytes[at] = (bytes[at] as number) ^ (1 << random.int(8))
  else if (what === 'zero') bytes.fill(0, at - (at % 4096), Math.min(bytes.length, at - (at % 4096) + 4096))
  else {
    const size = Math.min(4096, bytes.length >> 1)
    const other = random.int(Math.max(1, bytes.length - size))
    const here = Math.min(at, bytes.length - size)
    const kept = Buffer.from(bytes.subarray(here, here + size))
    bytes.copyWithin(here, other, other + size)
    kept.copy(bytes, other)
  }
  await writeFile(file, bytes)
  return `${what} ${name} at ${at} of ${bytes.length}`
}

/** Names of files by what they are: `.ldb`, `MANIFEST`, `heads`. */
async function filesByKind(path: string): Promise<Map<string, string[]>> {
  const byKind = new Map<string, string[]>()
  for (const file of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const kind = file.name.replace(/^\d+|-\d+$/, '')
    byKind.set(kind, [...(byKind.get(kind) ?? []), join(file.parentPath, file.name).slice(path.length + 1)].sort())
  }
  return byKind
}
