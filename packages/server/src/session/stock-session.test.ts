import { encodeStockUpdate } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { textOf, World } from '../testing/world.ts'

describe('a stock client', () => {
  test('[SES11] is told nothing before the document is loaded, and what it said meanwhile is not lost', async () => {
    let load: () => void = () => {}
    const waits = new Promise<void>(resolve => (load = resolve))
    const world = new World({
      wrap: log =>
        Object.assign(Object.create(log), {
          open: async (doc: never) => {
            await waits
            return log.open(doc)
          },
          append: log.append.bind(log),
        }),
    })
    const early = await world.stock('song', false)
    early.ask()
    early.type('said early')
    await world.settle()
    expect(early.peer.frames).toEqual([])
    expect(early.peer.paused).toBe(1)
    load()
    await world.settle()
    expect(early.peer.paused).toBe(0)
    expect(early.peer.stock().map(message => message.type)).toEqual(['sync-step-1', 'sync-step-2'])
    expect(textOf(world.house.get('song' as never)?.diff() as Uint8Array)).toBe('said early')
  })

  test('[SES12] syncs both ways: it is asked for what it has on every connect', async () => {
    const world = new World()
    const author = await world.joined()
    author.type('server')
    await world.settle()
    const guest = await world.stock('song', false)
    guest.doc.getMap('m').set('offline', true)
    guest.ask()
    await world.settle()
    const [asked, answered] = guest.peer.stock()
    if (asked?.type !== 'sync-step-1' || answered?.type !== 'sync-step-2') throw new Error('not both ways')
    guest.answer(asked.stateVector)
    Y.applyUpdate(guest.doc, answered.bytes)
    expect(guest.doc.getText('t').toString()).toBe('server')
    await world.settle()
    expect(author.heard('push')).toHaveLength(1)
  })

  test('[SES12] an update that builds on something unknown is answered with one question', async () => {
    const world = new World()
    const guest = await world.stock()
    guest.doc.getText('t').insert(0, 'never sent ')
    guest.type('one')
    guest.type('two')
    await world.settle()
    const [asked, ...more] = guest.peer.stock()
    expect(more).toEqual([])
    if (asked?.type !== 'sync-step-1') throw new Error('not asked')
    guest.answer(asked.stateVector)
    await world.settle()
    expect(textOf(world.house.get('song' as never)?.diff() as Uint8Array)).toBe('never sent onetwo')
    guest.type('three')
    await world.settle()
    expect(guest.peer.stock()).toEqual([])
  })

  test('[SES12] what is malformed ends it for good', async () => {
    const world = new World()
    const guest = await world.stock()
    guest.session.receive(encodeStockUpdate(Uint8Array.of(255, 255, 255)))
    expect(guest.peer.closed?.code).toBe('malformed')
    const other = await world.stock()
    other.session.receive(Uint8Array.of(0, 7))
    expect(other.peer.closed?.code).toBe('bad-message')
    const unknown = await world.stock()
    unknown.session.receive(Uint8Array.of(99, 1, 2))
    expect(unknown.peer.closed).toBeNull()
  })

  test('[SES12] nobody without rights gets in', async () => {
    const nobody = new World({ authorize: { identify: () => null, permit: () => 'write' } })
    expect((await nobody.stock('song', false)).peer.closed?.code).toBe('unauthorized')
    const shut = new World({ authorize: { identify: () => ({ subject: '' }), permit: () => null } })
    expect((await shut.stock('song', false)).peer.closed?.code).toBe('forbidden')
  })

  test('[SES6] many questions in one packet are answered once', async () => {
    const world = new World()
    const author = await world.joined()
    author.type('x'.repeat(100_000))
    await world.settle()
    const stock = await world.stock()
    for (let i = 0; i < 3_000; i++) stock.ask()
    await world.settle()
    expect(stock.peer.stock().map(message => message.type)).toEqual(['sync-step-2'])
    const native = await world.joined()
    native.peer.news()
    for (let i = 0; i < 3_000; i++) {
      native.say({ type: 'reconcile', channel: native.channel, stateVector: Uint8Array.of(0) })
    }
    native.say({ type: 'reconcile', channel: native.channel, stateVector: Y.encodeStateVector(author.doc) })
    await world.settle()
    expect(native.heard('state')).toMatchObject([{ total: 2 }])
  })
})
