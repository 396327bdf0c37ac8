import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { textOf, World } from '../testing/world.ts'

describe('a store that refuses', () => {
  test('[ROOM8] after one refusal nothing is appended until a probe succeeds, and everybody is told both', async () => {
    const world = new World()
    const a = await world.joined()
    const b = await world.joined('other')
    world.beforeAppend = () => {
      throw new Error('disk full')
    }
    world.beforeProbe = () => {
      throw new Error('still full')
    }
    a.peer.news()
    b.peer.news()
    a.type('1')
    await world.settle()
    expect(a.peer.messages()).toMatchObject([
      { type: 'store', available: false, message: 'disk full' },
      { type: 'refused', counter: 1, code: 'store-unavailable' },
    ])
    let appends = 0
    world.beforeAppend = () => void appends++
    b.type('2')
    await world.settle()
    expect(b.peer.messages()).toMatchObject([
      { type: 'store', available: false },
      { type: 'refused', counter: 1, code: 'store-unavailable' },
    ])
    expect(appends).toBe(0)
    await world.pass(10_000)
    expect(world.house.health.reason).toBe('still full')
    world.beforeProbe = null
    await world.pass(2_000)
    expect(world.house.health.available).toBe(true)
    expect(a.peer.messages()).toMatchObject([{ type: 'store', available: true }])
    a.update(Y.encodeStateAsUpdate(a.doc), { counter: 1, resync: true })
    await world.settle()
    expect(a.peer.messages()).toMatchObject([{ type: 'ack', counter: 1 }])
  })

  test('[ROOM8] reading goes on: newcomers are served, presence travels', async () => {
    const world = new World()
    const a = await world.joined()
    a.type('kept')
    await world.settle()
    world.house.health.refused('read-only')
    const late = await world.native()
    const answer = await late.open()
    expect(textOf(...answer.flatMap(message => (message.type === 'piece' ? [message.bytes] : [])))).toBe('kept')
    expect(late.peer.frames.length).toBeGreaterThan(0)
    a.peer.news()
    late.present(5, 1, { name: 'x' })
    await world.pass(30)
    expect(a.heard('awareness')).toHaveLength(1)
    const stock = await world.stock()
    expect(stock.peer.closed).toBeNull()
  })

  test('[ROOM8] who says hello meanwhile hears it at once', async () => {
    const world = new World()
    world.house.health.refused('read-only')
    const guest = await world.native()
    expect(guest.peer.messages().map(message => message.type)).toEqual(['welcome', 'store'])
  })

  test('[ROOM8] everything that waited behind a refused edit goes back to its authors', async () => {
    const world = new World()
    const a = await world.joined()
    const b = await world.joined()
    let refuse: (error: Error) => void = () => {}
    world.beforeAppend = () => new Promise((_, reject) => (refuse = reject))
    a.type('1')
    await world.settle()
    const waits = b.type('2')
    a.type('3')
    await world.settle()
    a.peer.news()
    b.peer.news()
    refuse(new Error('broken'))
    await world.settle()
    expect(a.heard('refused')).toMatchObject([{ counter: 1 }])
    expect(b.heard('refused')).toMatchObject([{ counter: 1 }])
    world.beforeAppend = null
    await world.pass(300)
    // Nothing is left behind of it: the same edits are taken as new.
    b.update(waits, { counter: 1, resync: true })
    a.update(Y.encodeStateAsUpdate(a.doc), { counter: 2, resync: true })
    await world.settle()
    expect(textOf(world.house.get('song' as never)?.diff() as Uint8Array)).toMatch(/^(213|132)$/)
  })

  test('[ROOM8] stock clients are asked for what they hold when it recovers', async () => {
    const world = new World()
    const guest = await world.stock()
    world.beforeAppend = () => {
      throw new Error('disk full')
    }
    guest.type('lost and found')
    await world.settle()
    world.beforeAppend = null
    expect(guest.peer.stock()).toEqual([])
    await world.pass(300)
    const [asked] = guest.peer.stock()
    if (asked?.type !== 'sync-step-1') throw new Error('not asked')
    guest.answer(asked.stateVector)
    await world.settle()
    expect((await world.log.open('song' as never)).head).toBe(1)
  })

  test('[ROOM8] an edit dropped from a stock client that had not asked for anything yet is not forgotten', async () => {
    const world = new World()
    const guest = await world.stock('song', false)
    world.house.health.refused('disk full')
    const [asked] = guest.peer.stock()
    guest.doc.getText('t').insert(0, 'early')
    if (asked?.type !== 'sync-step-1') throw new Error('not asked')
    guest.answer(asked.stateVector)
    await world.pass(300)
    guest.ask()
    await world.settle()
    for (const message of guest.peer.stock()) if (message.type === 'sync-step-1') guest.answer(message.stateVector)
    await world.settle()
    expect((await world.log.open('song' as never)).head).toBe(1)
  })

  test('[ROOM8] two stock clients that both hold something untakeable do not keep each other busy', async () => {
    const world = new World()
    const a = await world.stock()
    const b = await world.stock()
    const lost = new Y.Doc()
    lost.getText('t').insert(0, 'gone')
    const from = Y.encodeStateVector(lost)
    lost.getText('t').insert(4, '!')
    const orphan = Y.encodeStateAsUpdate(lost, from)
    let frames = 0
    const play = async () => {
      for (let round = 0; round < 20; round++) {
        let heard = 0
        for (const guest of [a, b]) {
          for (const message of guest.peer.stock()) {
            heard++
            if (message.type === 'update') Y.applyUpdate(guest.doc, message.bytes)
            if (message.type === 'sync-step-1') {
              const held = Y.mergeUpdates([Y.encodeStateAsUpdate(guest.doc, message.stateVector), orphan])
              guest.session.receive(Uint8Array.of(0, 1, ...varint(held.length), ...held))
            }
          }
        }
        frames += heard
        await world.pass(5)
        if (heard === 0) return
      }
      throw new Error('they go on for ever')
    }
    a.update(orphan)
    b.update(orphan)
    await play()
    a.type('a')
    b.type('b')
    await play()
    expect(frames).toBeLessThan(20)
  })
})

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return [...bytes, value]
}
