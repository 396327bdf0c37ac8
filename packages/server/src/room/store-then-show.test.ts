import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { readNative } from '../testing/fake-peer.ts'
import { edit, type NativeGuest, textOf, World } from '../testing/world.ts'

/** A log whose appends wait until told. */
function held(world: World): { release: () => Promise<void>; refuse: (reason: string) => Promise<void> } {
  let waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  world.beforeAppend = () => new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  const all = async (end: (one: { resolve: () => void; reject: (error: Error) => void }) => void) => {
    const now = waiting
    waiting = []
    for (const one of now) end(one)
    await world.settle()
  }
  return { release: () => all(one => one.resolve()), refuse: reason => all(one => one.reject(new Error(reason))) }
}

const types = (guest: NativeGuest) => guest.peer.messages().map(message => message.type)

describe('store, then show', () => {
  test('[ROOM1] nobody sees an edit before it is stored: no push, no state for joiners, no answer to a question', async () => {
    const world = new World()
    const author = await world.joined()
    const reader = await world.joined()
    const stock = await world.stock()
    const log = held(world)
    author.peer.news()
    reader.peer.news()
    author.type('secret')
    await world.settle()
    expect(types(author)).toEqual([])
    expect(types(reader)).toEqual([])
    const late = await world.joined()
    stock.ask()
    await world.settle()
    const answers = stock.peer.stock()
    expect(answers.map(answer => answer.type)).toEqual(['sync-step-2'])
    expect(answers[0]?.type === 'sync-step-2' && textOf(answers[0].bytes)).toBe('')
    expect(late.heard('piece')).toEqual([])
    await log.release()
    expect(types(author)).toEqual(['ack'])
    expect(types(reader)).toEqual(['push'])
    expect(types(late)).toEqual(['push'])
    expect(stock.peer.stock().map(message => message.type)).toEqual(['update'])
  })

  test('[ROOM1] when the append fails nothing was shown, and nothing is', async () => {
    const world = new World()
    const author = await world.joined()
    const reader = await world.joined()
    const log = held(world)
    author.peer.news()
    reader.peer.news()
    author.type('lost')
    await world.settle()
    await log.refuse('no space left')
    expect(types(reader)).toEqual(['store'])
    const said = author.peer.messages()
    expect(said.map(message => message.type)).toEqual(['store', 'refused'])
    expect(said[1]).toMatchObject({ counter: 1, code: 'store-unavailable' })
    const late = await world.joined()
    expect(textOf(world.house.get('song' as never)?.diff() as Uint8Array)).toBe('')
    expect(late.peer.frames.map(frame => readNative(frame).type)).not.toContain('piece')
  })

  test('[ROOM1] what the log has but has not yet confirmed is not served to those who are behind', async () => {
    let confirm: (() => void) | null = null
    let holding = false
    const world = new World({
      wrap: log =>
        new Proxy(log, {
          get(target, key) {
            if (key !== 'append') {
              const value: unknown = Reflect.get(target, key, target)
              return typeof value === 'function' ? value.bind(target) : value
            }
            return async (...args: Parameters<typeof target.append>) => {
              const at = await target.append(...args)
              if (holding) await new Promise<void>(resolve => (confirm = resolve))
              return at
            }
          },
        }),
    })
    const author = await world.joined()
    const slow = await world.joined()
    const big = 'x'.repeat(100_000)
    slow.peer.hasRoom = false
    for (let i = 0; i < 30; i++) author.type(big)
    await world.settle()
    holding = true
    const counts = [author.type('1'), author.type('2'), author.type('3')].length
    await world.settle()
    const { head } = world.house.get('song' as never) as { head: number }
    slow.peer.news()
    slow.peer.hasRoom = true
    slow.session.drained()
    await world.settle()
    const pushes = slow.heard('push')
    expect(Math.max(...pushes.map(push => push.to))).toBe(head)
    // Somebody who comes back now with a position is told no more, either.
    const back = await world.native()
    const answer = await back.open('song', { epoch: author.epoch, position: 1 })
    expect(answer.find(message => message.type === 'state')).toMatchObject({ head })
    const missed = Buffer.concat(answer.flatMap(message => (message.type === 'piece' ? [message.bytes] : [])))
    const first = (await world.log.open('song' as never)).entries[0]?.bytes as Uint8Array
    expect(textOf(first, missed)).toBe(big.repeat(30))
    holding = false
    ;(confirm as (() => void) | null)?.()
    await world.settle()
    const rest = slow.heard('push')
    expect(rest.map(push => [push.from, push.to])).toEqual([[head + 1, head + counts]])
  })

  test('[ROOM2] edits are stored in the order in which they were accepted, those of one turn in one append', async () => {
    const world = new World()
    const a = await world.joined()
    const b = await world.joined()
    const appends: number[] = []
    world.beforeAppend = (_doc, entries) => void appends.push(entries.length)
    for (const text of ['1', '2', '3']) {
      a.type(text)
      b.type(text)
    }
    await world.settle()
    expect(appends).toEqual([6])
    const { entries } = await world.log.open('song' as never)
    expect(entries.map(entry => [entry.author.session, entry.counter])).toEqual([
      [a.name, 1],
      [b.name, 1],
      [a.name, 2],
      [b.name, 2],
      [a.name, 3],
      [b.name, 3],
    ])
  })

  test('[ROOM3] one frame is built for each dialect and the same bytes are written to every reader', async () => {
    const world = new World()
    const author = await world.joined()
    const natives = [await world.joined(), await world.joined(), await world.joined()]
    const stocks = [await world.stock(), await world.stock()]
    for (const guest of [...natives, ...stocks]) guest.peer.news()
    author.type('a')
    author.type('b')
    await world.settle()
    for (const group of [natives, stocks]) {
      const frames = group.map(guest => guest.peer.news())
      for (const mine of frames) {
        expect(mine).toHaveLength(1)
        expect(mine[0]).toBe(frames[0]?.[0])
      }
    }
    expect(natives[0]?.peer.frames.at(-1)).not.toBe(stocks[0]?.peer.frames.at(-1))
  })

  test('[ROOM3] an author is not sent back what it wrote alone, but is when others wrote in between', async () => {
    const world = new World()
    const a = await world.joined()
    const b = await world.joined()
    a.peer.news()
    b.peer.news()
    a.type('a')
    await world.settle()
    expect(a.peer.messages()).toMatchObject([{ type: 'ack', counter: 1, seq: 1, through: 1 }])
    expect(b.peer.messages()).toMatchObject([{ type: 'push', from: 1, to: 1 }])
    a.type('a')
    b.type('b')
    await world.settle()
    expect(a.peer.messages()).toMatchObject([
      { type: 'push', from: 2, to: 3 },
      { type: 'ack', counter: 2, seq: 3, through: 3 },
    ])
  })

  test('[ROOM4] an edit that is known already is acknowledged only when what came before it is stored', async () => {
    const world = new World()
    const a = await world.joined()
    const b = await world.joined()
    const log = held(world)
    const bytes = a.type('once')
    await world.settle()
    a.peer.news()
    b.peer.news()
    b.update(bytes)
    a.update(bytes, { counter: 2 })
    await world.settle()
    expect(types(a)).toEqual([])
    expect(types(b)).toEqual([])
    await log.release()
    await log.release()
    expect(a.heard('ack').map(ack => ack.counter)).toEqual([1, 2])
    expect(b.heard('ack').map(ack => ack.counter)).toEqual([1])
    b.update(bytes)
    expect(b.heard('ack').map(ack => ack.counter)).toEqual([2])
    expect((await world.log.open('song' as never)).head).toBe(1)
  })

  test('[ROOM4] a known edit is refused together with the one it waited for', async () => {
    const world = new World()
    const a = await world.joined()
    const b = await world.joined()
    const log = held(world)
    const bytes = a.type('once')
    await world.settle()
    b.update(bytes)
    b.peer.news()
    await log.refuse('broken')
    expect(b.heard('ack')).toEqual([])
    world.beforeAppend = null
  })

  test('[ROOM5] acknowledgements are cumulative and one each for a batch', async () => {
    const world = new World()
    const a = await world.joined()
    a.peer.news()
    for (let i = 0; i < 10; i++) a.type('x')
    await world.settle()
    expect(a.peer.messages()).toMatchObject([{ type: 'ack', counter: 10, seq: 10, through: 10 }])
  })

  test('[ROOM5] what was taken only in part is not acknowledged', async () => {
    const world = new World()
    const a = await world.joined()
    a.peer.news()
    const other = new Y.Doc()
    const first = edit(other, doc => doc.getText('t').insert(0, 'first '))
    const second = edit(other, doc => doc.getText('t').insert(6, 'second'))
    const mine = edit(a.doc, doc => doc.getText('t').insert(0, 'mine'))
    a.update(Y.mergeUpdates([mine, second]), { counter: 3, resync: true })
    await world.settle()
    const said = a.peer.messages()
    expect(said.filter(message => message.type === 'ack')).toEqual([])
    expect(said).toMatchObject([{ type: 'refused', counter: 3, code: 'missing-dependencies' }])
    // Its part is there; when the rest can be taken, too, all of it is acknowledged.
    expect(textOf(world.house.get('song' as never)?.diff() as Uint8Array)).toBe('mine')
    const b = await world.joined()
    b.update(first, { resync: true })
    await world.settle()
    a.peer.news()
    a.update(Y.mergeUpdates([mine, second]), { counter: 3, resync: true })
    await world.settle()
    expect(a.heard('ack').map(ack => ack.counter)).toEqual([3])
  })

  test('[ROOM5] edits sent while frames are being written are stored and shown once each', async () => {
    const world = new World()
    const a = await world.joined()
    const b = await world.joined()
    let left = 20
    // Each answers every push and acknowledgement at once, from within the write.
    const reply = (guest: NativeGuest) => (frame: Uint8Array) => {
      const message = readNative(frame)
      if (message.type === 'push') Y.applyUpdate(guest.doc, message.bytes)
      else if (message.type !== 'ack') return
      if (left-- > 0) guest.type(`${left}.`)
    }
    a.peer.onWrite = reply(a)
    b.peer.onWrite = reply(b)
    a.type('go ')
    for (let i = 0; i < 30; i++) await world.settle()
    expect(left).toBeLessThan(0)
    const { head, entries } = await world.log.open('song' as never)
    expect(head).toBe(a.counter + b.counter)
    const whole = textOf(...entries.map(entry => entry.bytes))
    for (let i = 0; i < 20; i++) expect(whole.split(`${i}.`).length).toBeGreaterThan(1)
    expect(a.doc.getText('t').toString()).toBe(whole)
    expect(b.doc.getText('t').toString()).toBe(whole)
    expect(
      a.peer.frames
        .map(readNative)
        .filter(message => message.type === 'ack')
        .at(-1),
    ).toMatchObject({
      counter: a.counter,
    })
  })

  test('[ROOM5] a disk that takes longer than 50 ms: received is said, and only then acknowledged', async () => {
    const world = new World()
    const a = await world.joined()
    const log = held(world)
    a.peer.news()
    a.type('slow')
    await world.settle()
    await world.pass(49)
    expect(types(a)).toEqual([])
    await world.pass(1)
    expect(a.peer.messages()).toMatchObject([{ type: 'received', counter: 1 }])
    await log.release()
    expect(types(a)).toEqual(['ack'])
  })
})
