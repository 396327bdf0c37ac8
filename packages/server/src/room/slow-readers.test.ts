import { protocolLimits } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { readNative } from '../testing/fake-peer.ts'
import { type NativeGuest, textOf, World } from '../testing/world.ts'

const bytesOf = (frames: readonly Uint8Array[]) => frames.reduce((sum, frame) => sum + frame.length, 0)

/** Lets the guest take one frame at a time until nothing comes. */
async function drain(world: World, guest: NativeGuest): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = []
  for (;;) {
    guest.peer.hasRoom = true
    guest.peer.roomForFrames = 1
    guest.session.drained()
    await world.settle()
    const news = guest.peer.news()
    if (news.length === 0) break
    all.push(...news)
  }
  guest.peer.roomForFrames = Number.POSITIVE_INFINITY
  guest.peer.hasRoom = true
  return all
}

function apply(doc: Y.Doc, frames: readonly Uint8Array[]): void {
  for (const frame of frames) {
    const message = readNative(frame)
    if (message.type === 'push') Y.applyUpdate(doc, message.bytes)
  }
}

describe('slow readers', () => {
  test('[ROOM7] a reader without room is written nothing, and is served from where it stood when it drains', async () => {
    const world = new World()
    const author = await world.joined()
    const slow = await world.joined()
    author.type('a')
    await world.settle()
    slow.peer.news()
    slow.peer.hasRoom = false
    for (const text of ['b', 'c', 'd']) {
      author.type(text)
      await world.settle()
      await world.pass(10)
    }
    expect(slow.peer.news()).toEqual([])
    slow.peer.hasRoom = true
    slow.session.drained()
    await world.settle()
    expect(slow.heard('push')).toMatchObject([{ from: 2, to: 4 }])
    author.type('e')
    await world.pass(10)
    expect(slow.heard('push')).toMatchObject([{ from: 5, to: 5 }])
  })

  test('[ROOM7] one step at a time goes into its buffer, whatever it missed', async () => {
    const world = new World()
    const author = await world.joined()
    const slow = await world.joined()
    slow.peer.news()
    slow.peer.hasRoom = false
    for (let i = 0; i < 80; i++) {
      author.type('x'.repeat(50_000))
      await world.pass(5)
    }
    const frames = await drain(world, slow)
    for (const frame of frames) expect(frame.length).toBeLessThan(256 * 1024 + 51_000)
    expect(frames.length).toBeGreaterThan(10)
    apply(slow.doc, frames)
    expect(slow.doc.getText('t').length).toBe(80 * 50_000)
    expect(bytesOf(frames)).toBeLessThan(80 * 50_000 * 1.01)
  })

  test('[ROOM7] while it catches up the others write on, and nothing is left out or out of order', async () => {
    const world = new World()
    const author = await world.joined()
    const slow = await world.joined()
    slow.peer.news()
    slow.peer.hasRoom = false
    for (let i = 0; i < 40; i++) {
      author.type(`${i} ${'x'.repeat(50_000)}`)
      await world.pass(5)
    }
    const frames: Uint8Array[] = []
    for (let i = 40; i < 60; i++) {
      slow.peer.hasRoom = true
      slow.peer.roomForFrames = 1
      slow.session.drained()
      // While the log is being read.
      author.type(`${i} ${'x'.repeat(50_000)}`)
      await world.pass(5)
      frames.push(...slow.peer.news())
    }
    frames.push(...(await drain(world, slow)))
    author.type('end')
    await world.pass(5)
    frames.push(...slow.peer.news())
    let at = 0
    for (const frame of frames) {
      const message = readNative(frame)
      if (message.type !== 'push') continue
      expect(message.from).toBe(at + 1)
      at = message.to
    }
    expect(at).toBe(61)
    apply(slow.doc, frames)
    expect(slow.doc.getText('t').toString()).toBe(author.doc.getText('t').toString())
  })

  test('[ROOM7] where the log no longer reaches back, the state says the same', async () => {
    const world = new World()
    const author = await world.joined()
    author.type('start ')
    await world.settle()
    const slow = await world.native()
    const first = await slow.open()
    for (const message of first) if (message.type === 'piece') Y.applyUpdate(slow.doc, message.bytes)
    const stock = await world.stock()
    stock.peer.hasRoom = false
    slow.peer.hasRoom = false
    for (let i = 0; i < 40; i++) {
      author.type('x'.repeat(50_000))
      await world.pass(5)
    }
    const room = world.house.get('song' as never)
    if (room === undefined) throw new Error('no room')
    await world.log.checkpoint('song' as never, { seq: room.head, bytes: room.diff(), at: 0, content: '' })
    apply(slow.doc, await drain(world, slow))
    expect(slow.doc.getText('t').toString()).toBe(author.doc.getText('t').toString())
    stock.peer.hasRoom = true
    stock.session.drained()
    await world.settle()
    for (const message of stock.peer.stock()) if (message.type === 'update') Y.applyUpdate(stock.doc, message.bytes)
    expect(stock.doc.getText('t').length).toBe(6 + 40 * 50_000)
    author.type('end')
    await world.pass(5)
    expect(slow.heard('push')).toMatchObject([{ from: room.head, to: room.head }])
  })

  test('[ROOM7] nothing is written for a channel that was closed while the log was being read', async () => {
    const world = new World()
    const author = await world.joined()
    const slow = await world.joined()
    slow.peer.hasRoom = false
    for (let i = 0; i < 40; i++) {
      author.type('x'.repeat(50_000))
      await world.pass(5)
    }
    slow.peer.news()
    slow.peer.hasRoom = true
    slow.session.drained()
    slow.say({ type: 'close', channel: slow.channel })
    await world.settle()
    expect(slow.peer.news()).toEqual([])
  })

  test('[ROOM7] acknowledgements tell a slow author how far it was sent, not more', async () => {
    const world = new World()
    const author = await world.joined()
    const slow = await world.joined()
    slow.peer.news()
    slow.peer.hasRoom = false
    author.type('a')
    await world.pass(5)
    slow.type('b')
    await world.pass(5)
    expect(slow.peer.messages()).toMatchObject([{ type: 'ack', counter: 1, seq: 2, through: 0 }])
  })

  test('[ROOM7] an author whose pieces wait is told of no position before it was sent them', async () => {
    const world = new World()
    const author = await world.joined()
    author.type('x'.repeat(5 * protocolLimits.chunkBytes))
    await world.settle()
    const slow = await world.native()
    slow.peer.roomForFrames = 3
    await slow.open()
    slow.peer.news()
    slow.type('b')
    await world.pass(5)
    expect(slow.peer.messages()).toMatchObject([{ type: 'ack', counter: 1, through: 0 }])
  })

  test('[ROOM7] a document far behind does not keep another one from its turn', async () => {
    const world = new World()
    const author = await world.joined('large')
    author.type('x'.repeat(10 * protocolLimits.chunkBytes))
    const quick = await world.joined('small')
    await world.settle()
    const guest = await world.native()
    await guest.open('small')
    guest.peer.roomForFrames = 2
    await guest.open('large')
    expect(guest.peer.hasRoom).toBe(false)
    quick.type('now')
    await world.pass(5)
    guest.peer.news()
    const order: string[] = []
    for (let i = 0; i < 4; i++) {
      guest.peer.hasRoom = true
      guest.peer.roomForFrames = 1
      guest.session.drained()
      await world.settle()
      order.push(...guest.peer.messages().map(message => message.type))
    }
    expect(order.slice(0, 2).sort()).toEqual(['piece', 'push'])
  })

  test('[ROOM7] a large document travels in pieces that are written as the socket takes them', async () => {
    const world = new World()
    const author = await world.joined()
    author.type('x'.repeat(5 * protocolLimits.chunkBytes))
    await world.settle()
    const guest = await world.native()
    guest.peer.roomForFrames = 3
    const answer = await guest.open()
    expect(answer.map(message => message.type)).toEqual(['opened', 'state', 'piece'])
    author.type('while it loads')
    await world.pass(5)
    expect(guest.peer.news()).toEqual([])
    const rest = (await drain(world, guest)).map(readNative)
    const types = rest.map(message => message.type)
    expect(types.lastIndexOf('piece')).toBeLessThan(types.indexOf('push'))
    const pieces = [...answer, ...rest].flatMap(message => (message.type === 'piece' ? [message.bytes] : []))
    const state = answer.find(message => message.type === 'state')
    expect(bytesOf(pieces)).toBe(state?.total)
    const pushes = rest.flatMap(message => (message.type === 'push' ? [message.bytes] : []))
    expect(textOf(Buffer.concat(pieces), ...pushes)).toBe(author.doc.getText('t').toString())
  })

  test('[ROOM7] presence that changed meanwhile is told once, as it is, when there is room', async () => {
    const world = new World()
    const a = await world.joined()
    const slow = await world.joined()
    slow.peer.news()
    slow.peer.hasRoom = false
    for (let clock = 1; clock < 20; clock++) {
      a.present(1, clock, { at: clock })
      await world.pass(30)
    }
    expect(slow.peer.news()).toEqual([])
    slow.peer.hasRoom = true
    slow.session.drained()
    expect(slow.heard('awareness')).toHaveLength(1)
  })
})
