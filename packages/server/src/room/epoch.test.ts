import { type Epoch, type Finding, ListedDocument, TuttiError } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { edit, textOf, World } from '../testing/world.ts'

const seedOf = (text: string) => edit(new Y.Doc(), doc => doc.getText('t').insert(0, text))

describe('epochs', () => {
  test('[ROOM9] a document nobody has written takes the epoch of the first client that brings one, and keeps it', async () => {
    const world = new World()
    const first = await world.joined('song', { epoch: 'first' })
    expect(first.epoch).toBe('first')
    const second = await world.native()
    const answer = await second.open('song', { epoch: 'second' })
    expect(answer).toMatchObject([{ type: 'open-refused', code: 'epoch-mismatch', message: 'first' }])
    first.type('healed')
    await world.settle()
    expect((await world.log.open('song' as never)).epoch).toBe('first')
    const back = await world.joined('song', { epoch: 'first', position: 1 })
    expect(back.epoch).toBe('first')
  })

  test('[ROOM9] one that has been written never does', async () => {
    const world = new World()
    const author = await world.joined()
    author.type('x')
    await world.settle()
    const answer = await (await world.native()).open('song', { epoch: 'other' })
    expect(answer).toMatchObject([{ type: 'open-refused', code: 'epoch-mismatch', message: author.epoch }])
    expect(world.house.get('song' as never)?.readers.size).toBe(1)
  })

  test('[ROOM9] nor while its first edit is being written', async () => {
    const world = new World()
    const author = await world.joined()
    let go: () => void = () => {}
    world.beforeAppend = () => new Promise(resolve => (go = resolve))
    author.type('x')
    await world.settle()
    const answer = await (await world.native()).open('song', { epoch: 'other' })
    expect(answer).toMatchObject([{ type: 'open-refused', code: 'epoch-mismatch' }])
    go()
    await world.settle()
    expect((await world.log.open('song' as never)).epoch).toBe(author.epoch as Epoch)
  })
})

describe('seeds', () => {
  test('[ROOM10] of all who seed an empty document one is taken, and it is told so when that is stored', async () => {
    const world = new World()
    const guests = [await world.joined(), await world.joined(), await world.joined()]
    let go: () => void = () => {}
    world.beforeAppend = () => new Promise(resolve => (go = resolve))
    for (const guest of guests) guest.peer.news()
    for (const [i, guest] of guests.entries()) {
      guest.say({ type: 'seed', channel: guest.channel, bytes: seedOf(`template ${i}`) })
    }
    await world.settle()
    expect(guests.map(guest => guest.peer.messages().map(message => message.type))).toEqual([
      [],
      ['seeded'],
      ['seeded'],
    ])
    go()
    await world.settle()
    const news = guests.map(guest => guest.peer.messages())
    expect(news[0]).toMatchObject([{ type: 'push' }, { type: 'seeded', taken: true }])
    // Whoever brought it does not hold it: it comes to everybody the same way.
    for (const told of news) expect(told.filter(message => message.type === 'push')).toHaveLength(1)
    expect(textOf(world.house.get('song' as never)?.diff() as Uint8Array)).toBe('template 0')
    const late = await world.joined()
    late.say({ type: 'seed', channel: late.channel, bytes: seedOf('again') })
    await world.settle()
    expect(late.heard('seeded')).toMatchObject([{ taken: false }])
    expect((await world.log.open('song' as never)).head).toBe(1)
  })

  test('[ROOM10] a seed that could not be stored was not taken', async () => {
    const world = new World()
    const guest = await world.joined()
    world.beforeAppend = () => {
      throw new Error('disk full')
    }
    guest.peer.news()
    guest.say({ type: 'seed', channel: guest.channel, bytes: seedOf('x') })
    await world.settle()
    const said = guest.peer.messages()
    expect(said.filter(message => message.type === 'seeded')).toMatchObject([{ taken: false }])
    world.beforeAppend = null
    await world.pass(300)
    guest.say({ type: 'seed', channel: guest.channel, bytes: seedOf('y') })
    await world.settle()
    expect(guest.heard('seeded')).toMatchObject([{ taken: true }])
  })

  test('[ROOM10] a seed is taken whole or not at all, and from readers not at all', async () => {
    const world = new World({ authorize: { identify: () => ({ subject: '' }), permit: () => 'read' } })
    const reader = await world.joined()
    reader.peer.news()
    reader.say({ type: 'seed', channel: reader.channel, bytes: seedOf('x') })
    expect(reader.heard('seeded')).toMatchObject([{ taken: false }])
    const open = new World()
    const guest = await open.joined()
    const doc = new Y.Doc()
    edit(doc, it => it.getText('t').insert(0, 'unknown'))
    const part = Y.mergeUpdates([seedOf('known'), edit(doc, it => it.getText('t').insert(7, '!'))])
    guest.peer.news()
    guest.say({ type: 'seed', channel: guest.channel, bytes: part })
    await open.settle()
    expect(guest.heard('seeded')).toMatchObject([{ taken: false }])
    expect((await open.log.open('song' as never)).head).toBe(0)
  })
})

describe('damage', () => {
  test('[ROOM11] a damaged document is read, never written, and refused with a reason', async () => {
    const finding: Finding = { kind: 'damaged-entry', doc: 'song' as never, from: 2, to: 2, message: 'torn' } as never
    const world = new World({
      wrap: log =>
        Object.assign(Object.create(log), {
          open: async (doc: never) => {
            const opened = await log.open(doc)
            return new ListedDocument({
              ...opened,
              entries: opened.entries,
              findings: opened.head > 0 ? [finding] : [],
            })
          },
          append: log.append.bind(log),
          read: log.read.bind(log),
          list: log.list.bind(log),
          probe: log.probe.bind(log),
        }),
    })
    await world.log.append('song' as never, 'epoch' as never, [
      {
        bytes: seedOf('what is left'),
        at: 0,
        base: 0,
        author: { subject: '', device: '', session: '' },
        counter: 0,
      } as never,
    ])
    const guest = await world.native()
    const answer = await guest.open()
    expect(textOf(...answer.flatMap(message => (message.type === 'piece' ? [message.bytes] : [])))).toBe('what is left')
    // Whoever has read what is left has not read the document.
    expect(answer.find(message => message.type === 'state')).toMatchObject({ head: 0 })
    guest.type('more')
    await world.settle()
    expect(guest.peer.messages()).toMatchObject([{ type: 'refused', code: 'document-unavailable' }])
    expect((await world.log.open('song' as never)).head).toBe(1)
    // Others are none the worse for it.
    const other = await world.joined('other')
    other.type('fine')
    await world.settle()
    expect(other.heard('ack')).toHaveLength(1)
  })

  test('[ROOM11] damage that shows only when it is written to stops that document and no other', async () => {
    const world = new World()
    const [guest, other] = [await world.joined(), await world.joined('other')]
    world.beforeAppend = doc => {
      if (doc === 'song') throw new TuttiError('document-unavailable', 'song is damaged: its head is gone')
    }
    guest.type('lost')
    other.type('fine')
    await world.settle()
    expect(guest.heard('refused')).toMatchObject([{ code: 'document-unavailable' }])
    expect(other.heard('ack')).toHaveLength(1)
    expect(world.house.health.available).toBe(true)
    const late = await world.native()
    expect((await late.open()).find(message => message.type === 'state')).toMatchObject({ head: 0 })
  })

  test('[ROOM11] an entry that does not fit to those before it makes the document readable only', async () => {
    const world = new World()
    const doc = new Y.Doc()
    edit(doc, it => it.getText('t').insert(0, 'missing'))
    const orphan = edit(doc, it => it.getText('t').insert(7, '!'))
    const author = { subject: '', device: '', session: '' }
    const entry = (bytes: Uint8Array) => ({ bytes, at: 0, base: 0, author, counter: 0 }) as never
    await world.log.append('song' as never, 'epoch' as never, [entry(seedOf('kept')), entry(orphan)])
    const guest = await world.native()
    const answer = await guest.open()
    expect(textOf(...answer.flatMap(message => (message.type === 'piece' ? [message.bytes] : [])))).toBe('kept')
    guest.type('more')
    expect(guest.peer.messages()).toMatchObject([{ type: 'refused', code: 'document-unavailable' }])
  })

  test('[ROOM11] a document that cannot be loaded is not opened at all, and is tried again by the next', async () => {
    let broken = true
    const world = new World({
      wrap: log =>
        Object.assign(Object.create(log), {
          open: (doc: never) => (broken ? Promise.reject(new Error('unreadable')) : log.open(doc)),
          append: log.append.bind(log),
        }),
    })
    const guest = await world.native()
    expect(await guest.open()).toMatchObject([{ type: 'open-refused', code: 'internal' }])
    const stock = await world.stock('song', false)
    expect(stock.peer.closed?.code).toBe('internal')
    expect(stock.peer.frames).toEqual([])
    broken = false
    expect((await guest.open()).map(message => message.type)).toEqual(['opened', 'state'])
  })
})
