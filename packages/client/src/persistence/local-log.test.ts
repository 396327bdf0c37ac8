import 'fake-indexeddb/auto'
import { type DocName, type Epoch, type Seq, type SessionId, seq, systemEnv } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { IDBFactory } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import { IndexedDbLog } from './indexeddb-log.ts'
import type { LocalLog, OwnEdit } from './local-log.ts'
import { MemoryLocalLog } from './memory-local-log.ts'

const song = 'song' as DocName
const other = 'other/song "2"' as DocName
const epoch = 'e1' as Epoch
const ann = 'ann' as SessionId
const bob = 'bob' as SessionId

function edit(counter: number, base = 0): OwnEdit {
  return { counter, base: seq(base), bytes: Uint8Array.of(counter, 1, 2, 3) }
}

const bytesOf = (updates: readonly Uint8Array[]): number[][] => updates.map(update => [...update])
const at = (value: number): Seq => seq(value)

const homes: Record<string, () => { open: () => LocalLog }> = {
  MemoryLocalLog: () => {
    const log = new MemoryLocalLog({ random: seededRandom(1) })
    return { open: () => log }
  },
  IndexedDbLog: () => {
    const factory = new IDBFactory()
    return { open: () => new IndexedDbLog({ env: systemEnv, factory }) }
  },
}

describe.each(Object.entries(homes))('%s is a LocalLog', (_, make) => {
  it('[LOC1] a document nobody wrote is empty', async () => {
    const log = make().open()
    expect(await log.open(song)).toEqual({ epoch: null, position: 0, updates: [], pending: [], damaged: [] })
    expect(await log.list()).toEqual([])
    expect((await log.pending()).size).toBe(0)
    await log.close()
  })

  it('[LOC1] what was stored is read by every later run, in an order that can be applied', async () => {
    const home = make()
    const log = home.open()
    await log.appendOwn(song, ann, [edit(1), edit(2)])
    await log.appendRemote(song, epoch, Uint8Array.of(9, 9), at(4))
    await log.appendOwn(song, bob, [edit(1, 4)])
    await log.appendOwn(other, ann, [edit(1)])
    await log.close()
    const again = home.open()
    const opened = await again.open(song)
    expect(bytesOf(opened.updates)).toEqual([
      [1, 1, 2, 3],
      [2, 1, 2, 3],
      [9, 9],
      [1, 1, 2, 3],
    ])
    expect(opened).toMatchObject({ epoch, position: 4, damaged: [] })
    expect(opened.pending.map(({ session, counter, base }) => [session, counter, base])).toEqual([
      [ann, 1, 0],
      [ann, 2, 0],
      [bob, 1, 4],
    ])
    expect(await again.list()).toEqual([other, song])
    await again.close()
  })

  it('[LOC3] pending is what is stored beyond the acknowledged position of each session, over reloads', async () => {
    const home = make()
    const log = home.open()
    await log.appendOwn(song, ann, [edit(1), edit(2), edit(3)])
    await log.appendOwn(song, ann, [edit(4)])
    await log.appendOwn(song, bob, [edit(1)])
    await log.appendOwn(other, bob, [edit(1)])
    await log.acknowledge(song, ann, 2)
    await log.acknowledge(song, ann, 1)
    await log.acknowledge(other, bob, 1)
    expect([...(await log.pending())]).toEqual([[song, { edits: 3, bytes: 12 }]])
    await log.close()
    const again = home.open()
    expect([...(await again.pending())]).toEqual([[song, { edits: 3, bytes: 12 }]])
    const { pending, updates, position } = await again.open(song)
    expect(position).toBe(0)
    expect(pending.map(({ session, counter }) => [session, counter])).toEqual([
      [ann, 3],
      [ann, 4],
      [bob, 1],
    ])
    expect(updates.length).toBe(5)
    await again.close()
  })

  it('[LOC4] content and position move together; never back, never over a gap', async () => {
    const log = make().open()
    await log.appendRemote(song, epoch, Uint8Array.of(1), at(5))
    await log.appendRemote(song, epoch, Uint8Array.of(2), at(3))
    expect(await log.open(song)).toMatchObject({ position: 5 })
    await log.appendRemote(song, epoch, Uint8Array.of(3), at(9), at(7))
    expect(await log.open(song)).toMatchObject({ position: 5 })
    await log.appendRemote(song, epoch, Uint8Array.of(4), at(8), at(4))
    await log.appendRemote(song, epoch, new Uint8Array(0), at(9), at(8))
    const opened = await log.open(song)
    expect(opened.position).toBe(9)
    expect(bytesOf(opened.updates)).toEqual([[1], [2], [3], [4]])
    await log.close()
  })

  it('[LOC4] a copy of one epoch takes nothing of another', async () => {
    const log = make().open()
    await log.appendRemote(song, epoch, Uint8Array.of(1), at(1))
    await expect(log.appendRemote(song, 'e2' as Epoch, Uint8Array.of(2), at(1))).rejects.toMatchObject({
      code: 'epoch-mismatch',
    })
    await log.remove(song)
    await log.appendRemote(song, 'e2' as Epoch, Uint8Array.of(2), at(1))
    expect(await log.open(song)).toMatchObject({ epoch: 'e2', position: 1 })
    await log.close()
  })

  it('[LOC8] edits already stored may be brought again', async () => {
    const log = make().open()
    await log.appendOwn(song, ann, [edit(1), edit(2)])
    await log.appendOwn(song, ann, [edit(1), edit(2), edit(3)])
    expect((await log.open(song)).pending.map(({ counter }) => counter)).toEqual([1, 2, 3])
    await log.close()
  })

  it('[LOC12] withdrawn edits read as never made, and leave the others alone', async () => {
    const home = make()
    const log = home.open()
    await log.appendOwn(song, ann, [edit(1), edit(2), edit(3)])
    await log.appendOwn(song, bob, [edit(2)])
    await log.acknowledge(song, ann, 1)
    await log.appendOwn(song, bob, [edit(3)])
    await log.appendRemote(song, epoch, new Uint8Array(0), at(5))
    await log.withdraw(song, [1, 2, 7].map(counter => ({ session: ann, counter })).concat({ session: bob, counter: 3 }))
    await log.appendOwn(song, ann, [edit(4)])
    await log.close()
    const again = home.open()
    const { position, pending, updates } = await again.open(song)
    expect(position).toBe(0)
    expect(pending.map(({ session, counter }) => [session, counter])).toEqual([
      [ann, 3],
      [bob, 2],
      [ann, 4],
    ])
    expect(updates.length).toBe(4)
    expect([...(await again.pending())]).toEqual([[song, { edits: 3, bytes: 12 }]])
    await again.close()
  })

  it('[LOC13] a branch stays until it is removed, whatever becomes of the copy', async () => {
    const home = make()
    const log = home.open()
    const kept = await log.addBranch({ doc: song, epoch, at: 7, reason: 'epoch-mismatch', bytes: Uint8Array.of(1) })
    await log.addBranch({ doc: other, epoch: null, at: 8, reason: 'read-only', bytes: Uint8Array.of(2) })
    await log.appendOwn(song, ann, [edit(1)])
    await log.remove(song)
    await log.close()
    const again = home.open()
    expect(await again.list()).toEqual([])
    expect(await again.branches(song)).toEqual([kept])
    expect((await again.branches()).length).toBe(2)
    await again.removeBranch(kept.id)
    expect(await again.branches(song)).toEqual([])
    await again.close()
  })

  it('[LOC8] a document that was removed may begin again at 1', async () => {
    const log = make().open()
    await log.appendOwn(song, ann, [edit(1), edit(2)])
    await log.acknowledge(song, ann, 2)
    await log.remove(song)
    await log.appendOwn(song, ann, [edit(1)])
    expect((await log.open(song)).pending.map(({ counter }) => counter)).toEqual([1])
    await log.close()
  })

  it('[LOC15] a setting is made once, whoever asks', async () => {
    const home = make()
    const log = home.open()
    let made = 0
    const ids = await Promise.all([1, 2, 3].map(() => log.readOrCreateSetting('device', () => `d${++made}`)))
    expect(ids).toEqual(['d1', 'd1', 'd1'])
    await log.writeSetting('theme', 'dark')
    await log.close()
    const again = home.open()
    expect(await again.readSetting('device')).toBe('d1')
    expect(await again.readSetting('theme')).toBe('dark')
    expect(await again.readSetting('nothing')).toBe(null)
    await again.close()
  })
})
