import { encodeClientMessage, protocolLimits } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { edit, NativeGuest, textOf, World } from '../testing/world.ts'

const hello = { type: 'hello', version: 1, device: 'd', session: 's', agent: 'test', token: '' } as const
const open = {
  type: 'open',
  request: 1,
  doc: 'song',
  epoch: '',
  position: 0,
  stateVector: Uint8Array.of(0),
  client: 0,
} as const

describe('hello', () => {
  test('[SES3] comes first, once, within 10 s, and is small', async () => {
    const world = new World()
    const first = new NativeGuest(world, 'a')
    first.say(open)
    expect(first.peer.closed?.code).toBe('bad-message')
    const twice = await world.native()
    twice.say(hello)
    expect(twice.peer.closed?.code).toBe('bad-message')
    const late = new NativeGuest(world, 'c')
    await world.pass(9_999)
    expect(late.peer.closed).toBeNull()
    await world.pass(1)
    expect(late.peer.closed?.code).toBe('handshake-timeout')
    const large = new NativeGuest(world, 'd')
    large.say({ ...hello, token: 'x'.repeat(protocolLimits.maxHelloBytes) })
    expect(large.peer.closed?.code).toBe('too-large')
    const garbage = new NativeGuest(world, 'e')
    garbage.session.receive(Uint8Array.of(200))
    expect(garbage.peer.closed?.code).toBe('bad-message')
    expect(world.env.waiting).toBe(0)
  })

  test('[SES3] names a version, a device and a session the server can read, and a token it accepts', async () => {
    const world = new World({
      authorize: { identify: token => (token === 'good' ? { subject: 'ann' } : null), permit: () => 'write' },
    })
    for (const [said, code] of [
      [{ ...hello, version: 99 }, 'unsupported-version'],
      [{ ...hello, device: 'no spaces' }, 'bad-message'],
      [{ ...hello, session: '' }, 'bad-message'],
      [{ ...hello, token: 'bad' }, 'unauthorized'],
    ] as const) {
      const guest = new NativeGuest(world, 'x')
      guest.say(said)
      await world.settle()
      expect(guest.peer.closed?.code).toBe(code)
      expect(guest.peer.messages()).toMatchObject([{ type: 'bye', code }])
    }
    const guest = new NativeGuest(world, 'x')
    guest.say({ ...hello, token: 'good' })
    await world.settle()
    expect(guest.peer.messages()).toMatchObject([
      { type: 'welcome', version: 1, server: 'world', maxUpdateBytes: 8 * 1024 * 1024, beatMs: 20_000 },
    ])
  })

  test('[SES3] what comes in one packet with it waits until the token was looked at', async () => {
    let say: (identity: { subject: string } | null) => void = () => {}
    const world = new World({
      authorize: { identify: () => new Promise(resolve => (say = resolve)), permit: () => 'write' },
    })
    const guest = new NativeGuest(world, 'a')
    guest.say(hello)
    guest.say(open)
    await world.settle()
    expect(guest.peer.frames).toEqual([])
    expect(guest.peer.paused).toBe(1)
    say({ subject: 'ann' })
    await world.settle()
    expect(guest.peer.paused).toBe(0)
    expect(guest.peer.messages().map(message => message.type)).toEqual(['welcome', 'opened', 'state'])
    const stranger = new NativeGuest(world, 'b')
    stranger.say(hello)
    stranger.say(open)
    await world.settle()
    say(null)
    await world.settle()
    expect(stranger.peer.messages().map(message => message.type)).toEqual(['bye'])
    expect(world.house.get('song' as never)?.readers.size).toBe(1)
  })

  test('[SES3] a door that throws lets nobody in, and ends nothing else', async () => {
    let fails = false
    const trouble = () => {
      if (fails) throw new Error('the directory is down')
    }
    const world = new World({
      authorize: {
        identify: async () => {
          trouble()
          return { subject: 'ann' }
        },
        permit: async () => {
          trouble()
          return 'write' as const
        },
      },
    })
    const inside = await world.joined()
    const asking = await world.native()
    fails = true
    const outside = await world.native()
    expect(outside.peer.closed?.code).toBe('internal')
    expect(await asking.open()).toMatchObject([{ type: 'open-refused', code: 'internal' }])
    inside.say({ type: 'auth', token: 'new' })
    await world.settle()
    expect(inside.peer.closed?.code).toBe('internal')
  })
})

describe('a fresh token', () => {
  test('[SES13] changes what may be done with each document, and ends what may not be done any longer', async () => {
    let rights: 'write' | 'read' | null | 'throws' = 'write'
    const world = new World({
      authorize: {
        identify: token => ({ subject: token === 'other' ? 'bob' : 'ann' }),
        permit: () => {
          if (rights === 'throws') throw new Error('the directory is down')
          return rights
        },
      },
    })
    const guest = await world.joined()
    guest.peer.news()
    rights = 'read'
    guest.say({ type: 'auth', token: 'ann-2' })
    await world.settle()
    guest.type('x')
    expect(guest.peer.messages()).toMatchObject([
      { type: 'permission', permission: 'read' },
      { type: 'refused', code: 'read-only' },
    ])
    rights = null
    guest.say({ type: 'auth', token: 'ann-3' })
    await world.settle()
    expect(guest.peer.messages()).toMatchObject([{ type: 'closed', code: 'forbidden' }])
    expect(world.house.get('song' as never)?.readers.size).toBe(0)
    guest.say({ type: 'auth', token: 'other' })
    await world.settle()
    expect(guest.peer.closed?.code).toBe('unauthorized')
    rights = 'write'
    const unlucky = await world.joined()
    rights = 'throws'
    unlucky.say({ type: 'auth', token: 'ann-4' })
    await world.settle()
    expect(unlucky.peer.closed?.code).toBe('internal')
  })
})

describe('counters', () => {
  test('[SES4] grow by one; a skipped one ends the connection', async () => {
    const world = new World()
    const guest = await world.joined()
    guest.type('1')
    guest.type('2')
    guest.update(
      edit(guest.doc, doc => doc.getText('t').insert(0, '4')),
      { counter: 4 },
    )
    expect(guest.peer.closed?.code).toBe('bad-message')
  })

  test('[SES4] after a refusal everything is ignored until a resync, so that nothing is acknowledged over the gap', async () => {
    const world = new World()
    const guest = await world.joined()
    const other = new Y.Doc()
    edit(other, doc => doc.getText('t').insert(0, 'unknown'))
    const orphan = edit(other, doc => doc.getText('t').insert(7, '!'))
    guest.peer.news()
    guest.type('one ')
    guest.update(orphan)
    guest.type('two')
    guest.type('three')
    await world.settle()
    expect(guest.peer.messages()).toMatchObject([
      { type: 'refused', counter: 2, code: 'missing-dependencies' },
      { type: 'ack', counter: 1 },
    ])
    guest.update(Y.encodeStateAsUpdate(guest.doc), { counter: 4, resync: true })
    guest.type('four')
    await world.settle()
    expect(guest.heard('ack').map(ack => ack.counter)).toEqual([5])
    expect(textOf(world.house.get('song' as never)?.diff() as Uint8Array)).toBe('one twothreefour')
  })

  test('[SES4] what is malformed is refused with its reason, and the connection goes on', async () => {
    const world = new World()
    const guest = await world.joined()
    guest.peer.news()
    guest.update(Uint8Array.of(255, 255, 255))
    expect(guest.peer.messages()).toMatchObject([{ type: 'refused', counter: 1, code: 'malformed' }])
    guest.update(
      edit(guest.doc, doc => doc.getText('t').insert(0, 'x')),
      { counter: 1, resync: true },
    )
    await world.settle()
    expect(guest.heard('ack')).toMatchObject([{ counter: 1 }])
  })
})

describe('opening', () => {
  const pieces = (answer: readonly { type: string; bytes?: Uint8Array }[]) =>
    Buffer.concat(answer.flatMap(message => (message.type === 'piece' ? [message.bytes as Uint8Array] : [])))

  test('[SES5] a client with a position is sent the entries after it, and nothing else', async () => {
    const world = new World()
    const author = await world.joined()
    const updates = ['one ', 'two ', 'three'].map(text => author.type(text))
    await world.settle()
    const guest = await world.native()
    const answer = await guest.open('song', { epoch: author.epoch, position: 2 })
    expect(answer.find(message => message.type === 'state')).toMatchObject({ head: 3 })
    expect(Buffer.compare(pieces(answer), updates[2] as Uint8Array)).toBe(0)
    const upToDate = await world.native()
    const nothing = await upToDate.open('song', { epoch: author.epoch, position: 3 })
    expect(nothing.map(message => message.type)).toEqual(['opened', 'state'])
    expect(nothing[1]).toMatchObject({ total: 0 })
  })

  test('[SES5] also across a restart and from what a checkpoint has folded', async () => {
    const world = new World({ idleMs: 0 })
    const author = await world.joined()
    for (const text of ['one ', 'two ', 'three ', 'four']) author.type(text)
    await world.settle()
    const { epoch } = author
    const room = world.house.get('song' as never)
    const whole = room?.diff() as Uint8Array
    await world.log.checkpoint('song' as never, { seq: 3 as never, bytes: whole, at: 0, content: '' })
    author.session.ended()
    world.house.sweep()
    expect(world.house.get('song' as never)).toBeUndefined()
    const guest = await world.native()
    const answer = await guest.open('song', { epoch, position: 1 })
    const doc = new Y.Doc()
    Y.applyUpdate(doc, (await world.log.history('song' as never, 1 as never, 1 as never))[0]?.bytes as Uint8Array)
    Y.applyUpdate(doc, pieces(answer))
    expect(doc.getText('t').toString()).toBe('one two three four')
    expect(pieces(answer).length).toBeLessThan(whole.length)
  })

  test('[SES5] a position the server does not have is answered by state vector', async () => {
    const world = new World()
    const author = await world.joined()
    author.type('kept ')
    await world.settle()
    const stateVector = Y.encodeStateVector(author.doc)
    author.type('new')
    await world.settle()
    const guest = await world.native()
    const answer = await guest.open('song', { epoch: author.epoch, position: 999, stateVector })
    expect(pieces(answer).includes('new')).toBe(true)
    expect(pieces(answer).includes('kept')).toBe(false)
  })

  test('[SES6] a client without a position is sent what its state vector lacks, and the whole delete set', async () => {
    const world = new World()
    const author = await world.joined()
    author.type('one ')
    const stateVector = Y.encodeStateVector(author.doc)
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(author.doc))
    author.type('two')
    author.update(edit(author.doc, doc => doc.getText('t').delete(0, 2)))
    await world.settle()
    const answer = await (await world.native()).open('song', { stateVector })
    Y.applyUpdate(copy, pieces(answer))
    expect(copy.getText('t').toString()).toBe('e two')
    expect(pieces(answer).includes('one')).toBe(false)
  })

  test('[SES6] reconciling is answered anew, and live edits follow', async () => {
    const world = new World()
    const author = await world.joined()
    author.type('x')
    await world.settle()
    const guest = await world.joined()
    guest.peer.news()
    guest.say({ type: 'reconcile', channel: guest.channel, stateVector: Uint8Array.of(0) })
    author.type('y')
    await world.pass(5)
    const said = guest.peer.messages()
    expect(said.map(message => message.type)).toEqual(['state', 'piece', 'push'])
    expect(said[0]).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{16}$/) as string })
    guest.say({ type: 'reconcile', channel: guest.channel, stateVector: Uint8Array.of(255) })
    expect(guest.peer.closed).not.toBeNull()
  })

  test('[SES6] names, epochs and vectors that cannot be read are refused, and the connection goes on', async () => {
    const world = new World()
    const guest = await world.native()
    expect(await guest.open('')).toMatchObject([{ type: 'open-refused', code: 'bad-name' }])
    expect(await guest.open('song', { epoch: 'not a word' })).toMatchObject([{ code: 'bad-message' }])
    expect(await guest.open('song', { stateVector: Uint8Array.of(9) })).toMatchObject([{ type: 'open-refused' }])
    expect((await guest.open('song')).map(message => message.type)).toEqual(['opened', 'state'])
  })

  test('[SES7] a connection holds at most 1,000 documents, each once', async () => {
    const world = new World()
    const guest = await world.native()
    for (let i = 0; i < protocolLimits.maxChannels; i++) guest.say({ ...open, request: i, doc: `doc-${i}` })
    guest.say({ ...open, request: 5_000, doc: 'one more' })
    await world.settle()
    const said = guest.peer.messages()
    expect(said.filter(message => message.type === 'opened')).toHaveLength(protocolLimits.maxChannels)
    expect(said.find(message => message.type === 'open-refused')).toMatchObject({ request: 5_000, code: 'too-many' })
    const [first] = said.filter(message => message.type === 'opened')
    guest.say({ type: 'close', channel: first?.channel ?? 0 })
    expect((await guest.open('one more')).map(message => message.type)).toEqual(['opened', 'state'])
  })

  test('[SES7] opened again the document has one reader, and everything is pushed once', async () => {
    const world = new World()
    const author = await world.joined()
    const guest = await world.native()
    guest.say({ ...open, request: 1 })
    guest.say({ ...open, request: 2 })
    await world.settle()
    await guest.open()
    const room = world.house.get('song' as never)
    expect(room?.readers.size).toBe(2)
    author.type('x')
    await world.settle()
    expect(guest.heard('push')).toHaveLength(1)
    guest.say({ type: 'close', channel: guest.channel })
    guest.say({ ...open, request: 3 })
    guest.say({ type: 'close', channel: guest.channel })
    await world.settle()
    guest.session.ended()
    author.session.ended()
    await world.settle()
    expect(room?.readers.size).toBe(0)
    expect(room?.idleSince).not.toBeNull()
  })

  test('[SES7] a connection that ends while its document is being opened leaves nobody behind', async () => {
    const world = new World()
    const native = await world.native()
    native.say(open)
    native.session.ended()
    const stock = await world.stock('song', false)
    stock.session.ended()
    const quick = world.stock('song', false)
    ;(await quick).session.ended()
    await world.settle()
    expect(world.house.get('song' as never)?.readers.size).toBe(0)
  })

  test('[SES7] a room is never let go under somebody who is joining it', async () => {
    const world = new World({ idleMs: 0 })
    for (let i = 0; i < 20; i++) {
      const guest = await world.native()
      guest.session.receive(encodeClientMessage(open))
      for (let hop = 0; hop < i; hop++) await Promise.resolve()
      world.house.sweep()
      await world.settle()
      const room = world.house.get('song' as never)
      expect(room?.readers.size).toBe(1)
      guest.channel = room?.channel ?? -1
      guest.peer.news()
      guest.type('x')
      await world.settle()
      expect(guest.heard('ack')).toHaveLength(1)
      guest.session.ended()
    }
  })
})
