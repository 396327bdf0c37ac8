import { type DocName, TuttiError } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import { World } from '../testing/world.ts'
import { deleteDocument, purgeDocument, undeleteDocument } from './deletion.ts'

const song = 'song' as DocName

describe('deleting a document', () => {
  test('[ROOM14] who has it open is told, and nobody opens it until it is brought back', async () => {
    const world = new World()
    const native = await world.joined('song')
    native.type('here ')
    await world.settle()
    const stock = await world.stock('song')
    expect(await deleteDocument(world.house, song, 'ana', 5)).toBe(true)
    await world.settle()
    expect(native.heard('closed')).toMatchObject([{ code: 'deleted' }])
    expect(stock.peer.closed?.code).toBe('deleted')
    const late = await world.native()
    expect(await late.open('song')).toMatchObject([{ type: 'open-refused', code: 'deleted' }])
    const lateStock = await world.stock('song', false)
    expect(lateStock.peer.closed?.code).toBe('deleted')
    expect(await undeleteDocument(world.house, song)).toBe(true)
    expect((await world.house.open(song)).head).toBe(1)
  })

  test('[ROOM14] what was accepted is stored before anybody opens it again', async () => {
    const world = new World()
    const guest = await world.joined('song')
    guest.type('first ')
    await world.settle()
    let goOn = () => {}
    world.beforeAppend = () =>
      new Promise<void>(resolve => {
        goOn = resolve
      })
    guest.type('late ')
    await world.settle()
    const ended = world.house.end(song)
    const opened = world.house.open(song)
    guest.type('later still ')
    await world.pass(5)
    goOn()
    await world.settle()
    await world.pass(5)
    await ended
    // As long as the old room wrote, there was no other.
    expect((await opened).head).toBe(2)
  })

  test('[ROOM14] where there is nothing there is nothing to delete, to bring back or to purge', async () => {
    const world = new World()
    expect(await deleteDocument(world.house, song, 'ana', 5)).toBe(false)
    expect(await undeleteDocument(world.house, song)).toBe(false)
    expect(await purgeDocument(world.house, song, 'ana', 5)).toBeNull()
  })

  test('[ROOM15] what was purged leaves a receipt, and does not come back from a copy', async () => {
    const world = new World()
    const guest = await world.joined('song')
    guest.type('gone ')
    await world.settle()
    const { epoch } = await world.house.open(song)
    expect(await purgeDocument(world.house, song, 'ana', 5)).toBeNull()
    await deleteDocument(world.house, song, 'ana', 5)
    expect(await purgeDocument(world.house, song, 'ben', 6)).toEqual({
      document: song,
      epoch,
      head: 1,
      deleted: { at: 5, by: 'ana' },
      purged: { at: 6, by: 'ben' },
    })
    const back = await world.native()
    const answer = await back.open('song', { epoch, position: 1 })
    expect(answer).toMatchObject([{ type: 'open-refused', code: 'epoch-mismatch' }])
    expect((await world.house.open(song)).epoch).not.toBe(epoch)
  })

  test('[ROOM8] a store that refuses a mark is probed like one that refuses an edit', async () => {
    const world = new World({
      wrap: log =>
        Object.assign(Object.create(log) as typeof log, {
          mark: () => Promise.reject(new TuttiError('store-unavailable', 'full')),
          open: (doc: DocName) => log.open(doc),
          probe: () => log.probe(),
        }),
    })
    await world.log.append(song, 'e1' as never, [
      {
        bytes: Uint8Array.of(0, 0),
        at: 1,
        base: 0 as never,
        author: { subject: '', device: '', session: '' },
        counter: 1,
      },
    ])
    await expect(deleteDocument(world.house, song, 'ana', 5)).rejects.toMatchObject({ code: 'store-unavailable' })
    expect(world.house.health.available).toBe(false)
  })
})
