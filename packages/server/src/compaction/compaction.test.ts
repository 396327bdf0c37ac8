import { type Checkpoint, foldUpdate } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { silentLogger } from '../runtime/logger.ts'
import { deleteDocument } from '../room/deletion.ts'
import { edit, textOf, World } from '../testing/world.ts'
import { compactRoom } from './compact-room.ts'
import type { Folder } from './folder.ts'
import { isCompactionDue } from './policy.ts'
import { Sweep } from './sweep.ts'

/** Folds here and now; `before` may make it wait, or spoil it. */
function folderOf(before: (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array = bytes => bytes): Folder {
  return { fold: async bytes => foldUpdate(await before(bytes)), close: () => Promise.resolve() }
}

function sweepOf(world: World, folder: Folder, afterEntries = 10): Sweep {
  const { house, env } = world
  return new Sweep({ house, folder, env, logger: silentLogger, everyMs: 1_000, afterEntries, restoreWindowMs: 10_000 })
}

async function written(world: World, doc: string, edits: number) {
  const guest = await world.joined(doc)
  for (let i = 0; i < edits; i++) guest.type(`${i} `)
  await world.settle()
  return guest
}

const song = 'song' as never

describe('compaction', () => {
  test('[COM1] a sweep compacts open and idle documents that are due, and lets idle rooms go', async () => {
    const world = new World({ idleMs: 5_000 })
    await written(world, 'open', 20)
    const idle = await written(world, 'idle', 20)
    await written(world, 'small', 3)
    idle.session.ended()
    await world.pass(6_000)
    world.house.sweep()
    expect(world.house.get('idle' as never)).toBeUndefined()
    const sweep = sweepOf(world, folderOf())
    await sweep.run()
    const summaries: [string, number, number][] = []
    for await (const { doc, head, checkpointSeq } of world.log.list()) summaries.push([doc, head, checkpointSeq])
    expect(summaries).toEqual([
      ['idle', 20, 20],
      ['open', 20, 20],
      ['small', 3, 0],
    ])
    // It was opened only to be compacted.
    expect(world.house.get('idle' as never)).toBeUndefined()
    expect(world.house.get('open' as never)?.checkpointSeq).toBe(20)
  })

  test('[COM5] what was deleted is removed for good when its time is over, and not before', async () => {
    const world = new World()
    for (const doc of ['kept', 'song']) await written(world, doc, 20)
    await deleteDocument(world.house, song, 'ana', world.env.clock.now())
    const sweep = sweepOf(world, folderOf())
    await world.pass(9_000)
    await sweep.run()
    // It is not compacted, either.
    expect(await world.log.open(song)).toMatchObject({ head: 20, checkpoint: null })
    await world.pass(1_000)
    await sweep.run()
    expect((await world.log.open(song)).epoch).toBeNull()
    expect((await world.log.open('kept' as never)).head).toBe(20)
  })

  test('[COM1] it comes again by itself, never twice at once, and ends when told', async () => {
    const world = new World()
    await written(world, 'song', 20)
    let running = 0
    let most = 0
    const gates: (() => void)[] = []
    const sweep = sweepOf(
      world,
      folderOf(async bytes => {
        most = Math.max(most, ++running)
        await new Promise<void>(resolve => gates.push(resolve))
        running--
        return bytes
      }),
    )
    sweep.start()
    await world.pass(1_000)
    await world.pass(10_000)
    expect(gates).toHaveLength(1)
    const stopped = sweep.stop()
    gates[0]?.()
    await stopped
    expect(most).toBe(1)
    await world.pass(10_000)
    expect(gates).toHaveLength(1)
  })

  test('[COM1] a document that cannot be folded keeps no other from it', async () => {
    const world = new World()
    await written(world, 'a bad one', 20)
    await written(world, 'song', 20)
    let first = true
    const folder = folderOf(bytes => {
      if (!first) return bytes
      first = false
      throw new Error('too large')
    })
    await sweepOf(world, folder).run()
    expect((await world.log.open(song)).checkpoint?.seq).toBe(20)
    expect((await world.log.open('a bad one' as never)).checkpoint).toBeNull()
  })

  test('[COM1] none while the store refuses', async () => {
    const world = new World()
    await written(world, 'song', 20)
    world.house.health.refused('full')
    await sweepOf(world, folderOf()).run()
    expect((await world.log.open(song)).checkpoint).toBeNull()
  })

  test('[COM2] due are many entries, or few large ones', () => {
    expect(isCompactionDue({ tailEntries: 500, tailBytes: 0 }, 500)).toBe(true)
    expect(isCompactionDue({ tailEntries: 499, tailBytes: 1000 }, 500)).toBe(false)
    expect(isCompactionDue({ tailEntries: 16, tailBytes: 1024 * 1024 }, 500)).toBe(true)
    expect(isCompactionDue({ tailEntries: 15, tailBytes: 1024 * 1024 }, 500)).toBe(false)
  })

  test('[COM3] a fold that lost something, or brought something back, is not stored', async () => {
    const world = new World()
    const guest = await written(world, 'song', 20)
    const room = await world.house.open(song)
    const lost = folderOf(() => Y.encodeStateAsUpdate(new Y.Doc()))
    await expect(compactRoom(room, world.log, lost, world.env)).rejects.toThrow(/lacks/)
    const undeleted = Y.encodeStateAsUpdate(guest.doc)
    guest.update(edit(guest.doc, doc => doc.getText('t').delete(0, 5)))
    await world.settle()
    await expect(
      compactRoom(
        room,
        world.log,
        folderOf(() => undeleted),
        world.env,
      ),
    ).rejects.toThrow(/brings back/)
    const garbage: Folder = { ...folderOf(), fold: async () => ({ bytes: Uint8Array.of(9, 9), content: '' }) }
    await expect(compactRoom(room, world.log, garbage, world.env)).rejects.toThrow(/read back/)
    expect((await world.log.open(song)).checkpoint).toBeNull()
    expect(textOf(room.diff())).toBe(guest.doc.getText('t').toString())
  })

  test('[COM3] a damaged document, and one without news, is left alone', async () => {
    const world = new World()
    await written(world, 'song', 20)
    const room = await world.house.open(song)
    expect(await compactRoom(room, world.log, folderOf(), world.env)).toMatchObject({ entriesFolded: 20 })
    expect(await compactRoom(room, world.log, folderOf(), world.env)).toBeNull()
  })

  test('[COM4] edits that arrive meanwhile are neither lost nor shown early, and deleted content leaves', async () => {
    const world = new World()
    const guest = await written(world, 'song', 20)
    const reader = await world.joined()
    guest.update(edit(guest.doc, doc => doc.getText('t').delete(0, 20)))
    await world.settle()
    const room = await world.house.open(song)
    let fold: () => void = () => {}
    const folding = compactRoom(
      room,
      world.log,
      folderOf(bytes => new Promise(resolve => (fold = () => resolve(bytes)))),
      world.env,
    )
    await world.settle()
    guest.type('stored meanwhile ')
    await world.pass(10)
    // One more is on its way to the disk when the state is replaced, and one waits behind it.
    let go: () => void = () => {}
    world.beforeAppend = () => new Promise(resolve => (go = resolve))
    guest.type('being written ')
    await world.pass(10)
    guest.type('waiting ')
    const before = room.diff().length
    fold()
    await folding
    expect(room.checkpointSeq).toBe(21)
    expect(room.head).toBe(22)
    expect(room.diff().length).toBeLessThan(before)
    expect(textOf(room.diff())).not.toContain('being written')
    const release = async () => {
      go()
      await world.pass(10)
    }
    await release()
    await release()
    await release()
    guest.type('after')
    await world.pass(10)
    await release()
    expect(room.head).toBe(25)
    const now = guest.doc.getText('t').toString()
    expect(textOf(room.diff())).toBe(now)
    for (const message of reader.peer.messages()) if (message.type === 'push') Y.applyUpdate(reader.doc, message.bytes)
    expect(guest.heard('refused')).toEqual([])
    // And so it reads after a restart.
    const { checkpoint, entries } = await world.log.open(song)
    expect(textOf((checkpoint as Checkpoint).bytes, ...entries.map(entry => entry.bytes))).toBe(now)
  })

  test('[COM4] a failed append after the state was replaced takes nothing else along', async () => {
    const world = new World()
    const guest = await written(world, 'song', 20)
    const room = await world.house.open(song)
    let fail: (error: Error) => void = () => {}
    world.beforeAppend = () => new Promise((_, reject) => (fail = reject))
    const held = guest.type('held')
    await world.pass(10)
    await compactRoom(room, world.log, folderOf(), world.env)
    fail(new Error('broken'))
    await world.settle()
    expect(textOf(room.diff())).not.toContain('held')
    world.beforeAppend = null
    await world.pass(300)
    guest.update(held, { counter: 21, resync: true })
    await world.settle()
    expect(textOf(room.diff())).toBe(guest.doc.getText('t').toString())
  })

  test('[COM4] people who edited inside something deleted, offline, are understood after it was folded away', async () => {
    const world = new World()
    const guest = await world.joined()
    const list = new Y.Array<Y.Map<string>>()
    guest.update(edit(guest.doc, doc => doc.getMap('m').set('list', list)))
    guest.update(edit(guest.doc, () => list.push([new Y.Map([['a', '1']])])))
    await world.settle()
    const offline = new Y.Doc()
    Y.applyUpdate(offline, Y.encodeStateAsUpdate(guest.doc))
    guest.update(edit(guest.doc, doc => doc.getMap('m').delete('list')))
    await world.pass(10)
    const room = await world.house.open(song)
    await compactRoom(room, world.log, folderOf(), world.env)
    const inside = edit(offline, doc => {
      const there = doc.getMap('m').get('list') as Y.Array<Y.Map<unknown>>
      there.get(0).set('b', new Y.Text('deep'))
      there.push([new Y.Map()])
    })
    const late = await world.joined()
    late.update(inside, { counter: 1, resync: true })
    await world.pass(10)
    expect(late.heard('refused')).toEqual([])
    expect(room.head).toBe(4)
    await compactRoom(room, world.log, folderOf(), world.env)
    world.house.close()
    const { checkpoint, entries } = await world.log.open(song)
    expect(entries).toEqual([])
    const doc = new Y.Doc()
    Y.applyUpdate(doc, (checkpoint as Checkpoint).bytes)
    expect(doc.getMap('m').size).toBe(0)
    expect(doc.store.pendingStructs).toBeNull()
  })
})
