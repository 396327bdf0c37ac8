import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { edit, textOf, World } from '../testing/world.ts'

/** An edit written as a given client id. */
function as(client: number, text: string): { doc: Y.Doc; bytes: Uint8Array } {
  const doc = new Y.Doc()
  doc.clientID = client
  return { doc, bytes: edit(doc, it => it.getText('t').insert(0, text)) }
}

describe('leases', () => {
  test('[ROOM6] while its owner is connected nobody else writes as a client id, and the owner is asked for a sign of life', async () => {
    const world = new World()
    const owner = await world.joined()
    const other = await world.joined()
    const victim = as(7, 'mine')
    owner.update(victim.bytes)
    await world.settle()
    other.peer.news()
    const forged = edit(victim.doc, doc => doc.getText('t').insert(4, ' not'))
    other.update(forged)
    await world.settle()
    expect(other.peer.messages()).toMatchObject([{ type: 'refused', counter: 1, code: 'identity' }])
    expect(owner.peer.challenges).toBeGreaterThan(0)
    owner.session.ended()
    other.update(forged, { counter: 1, resync: true })
    await world.settle()
    expect(other.heard('ack').map(ack => ack.counter)).toEqual([1])
  })

  test('[ROOM6] deleting what another wrote, and carrying what it wrote already, is not writing as it', async () => {
    const world = new World()
    const owner = await world.joined()
    const other = await world.joined()
    const { bytes } = as(7, 'theirs')
    owner.update(bytes)
    await world.settle()
    Y.applyUpdate(other.doc, bytes)
    other.update(edit(other.doc, doc => doc.getText('t').delete(0, 3)))
    other.update(Y.encodeStateAsUpdate(other.doc))
    await world.settle()
    expect(other.heard('ack').at(-1)).toMatchObject({ counter: 2 })
    expect(other.heard('refused')).toEqual([])
  })

  test('[ROOM6] the same running client takes its id along to a new connection', async () => {
    const world = new World()
    const before = await world.native('tab')
    await before.open('song', { client: 7 })
    const { doc, bytes } = as(7, 'one')
    before.update(bytes)
    await world.settle()
    const after = await world.native('tab')
    await after.open('song', { client: 7 })
    after.update(edit(doc, it => it.getText('t').insert(3, ' two')))
    await world.settle()
    expect(after.heard('ack')).toHaveLength(1)
    // The old one lost it, and gives back nothing that is not its own when it goes.
    before.session.ended()
    const stranger = await world.joined()
    stranger.update(edit(doc, it => it.getText('t').insert(7, '!')))
    await world.settle()
    expect(stranger.heard('refused')).toMatchObject([{ code: 'identity' }])
  })

  test('[ROOM6] who resynchronises may bring what others wrote, without writing as them from then on', async () => {
    const world = new World()
    const carrier = await world.joined()
    const { doc, bytes } = as(7, 'offline')
    carrier.update(bytes, { resync: true })
    await world.settle()
    const real = await world.joined()
    real.update(edit(doc, it => it.getText('t').insert(0, 'back ')))
    await world.settle()
    expect(real.heard('ack')).toHaveLength(1)
  })

  test('[ROOM6] one connection writes as at most 16 clients', async () => {
    const world = new World()
    const guest = await world.joined()
    for (let client = 1; client <= 17; client++) guest.update(as(client, 'x').bytes)
    await world.settle()
    expect(guest.peer.messages().filter(message => message.type === 'refused')).toMatchObject([
      { counter: 17, code: 'over-limit' },
    ])
  })

  test('[ROOM6] a stock client that was refused is asked again when the owner has gone', async () => {
    const world = new World()
    const dead = await world.stock()
    const { doc, bytes } = as(7, 'one')
    dead.update(bytes)
    await world.settle()
    const back = await world.stock()
    Y.applyUpdate(back.doc, bytes)
    Y.applyUpdate(
      back.doc,
      edit(doc, it => it.getText('t').insert(3, ' two')),
    )
    const answerAll = async () => {
      for (let asked = back.peer.stock(); asked.length > 0; asked = back.peer.stock()) {
        for (const message of asked) if (message.type === 'sync-step-1') back.answer(message.stateVector)
        await world.settle()
      }
    }
    back.update(Y.encodeStateAsUpdate(back.doc, Y.encodeStateVectorFromUpdate(bytes)))
    await answerAll()
    const room = world.house.get('song' as never)
    expect(room?.head).toBe(1)
    // Anybody may delete: that this is taken does not mean that the rest has been.
    back.update(edit(back.doc, it => it.getText('t').delete(0, 1)))
    await world.settle()
    expect(room?.head).toBe(2)
    dead.session.ended()
    await answerAll()
    expect(room?.head).toBe(3)
    expect(textOf(room?.diff() as Uint8Array)).toBe('ne two')
  })
})

/** A world where everybody is who the test says when they come. */
function named() {
  let subject = 'ann'
  const world = new World({ authorize: { identify: () => ({ subject }), permit: () => 'write', isSteady: true } })
  const authors = async () =>
    (await world.log.read('song' as never, 0 as never, 1_000_000)).map(({ author }) => author.subject)
  return { world, authors, as: (name: string) => void (subject = name) }
}

describe('ids of people', () => {
  test('[ROOM6] who is away keeps an id: others carry it while resynchronising, and the entry says who brought it', async () => {
    const { world, authors, as: be } = named()
    const owner = await world.joined()
    const { doc, bytes } = as(7, 'mine')
    owner.update(bytes)
    await world.settle()
    owner.session.ended()
    be('bob')
    const bob = await world.joined('song', { client: 7 })
    const more = edit(doc, it => it.getText('t').insert(4, ' not'))
    bob.update(more)
    await world.settle()
    expect(bob.heard('refused')).toMatchObject([{ code: 'identity' }])
    bob.update(more, { counter: 1, resync: true })
    await world.settle()
    expect(bob.heard('ack')).toMatchObject([{ counter: 1 }])
    bob.update(edit(doc, it => it.getText('t').insert(0, 'still ')))
    await world.settle()
    expect(bob.heard('refused')).toMatchObject([{ code: 'identity' }])
    expect(await authors()).toEqual(['ann', 'bob'])
  })

  test('[ROOM6] a stock client comes back to its id, which it brought offline or made live, and others may not take it', async () => {
    const { world, authors, as: be } = named()
    const before = await world.stock()
    const { doc, bytes } = as(7, 'one')
    before.update(bytes)
    await world.settle()
    before.session.ended()
    be('bob')
    const bob = await world.stock()
    const text = doc.getText('t')
    const forged = new Y.Doc()
    Y.applyUpdate(forged, bytes)
    forged.clientID = 7
    bob.update(edit(forged, it => it.getText('t').insert(3, ' by bob')))
    await world.settle()
    expect(await authors()).toEqual(['ann'])
    be('ann')
    const after = await world.stock()
    after.update(edit(doc, () => text.insert(3, ' two')))
    await world.settle()
    expect(await authors()).toEqual(['ann', 'ann'])
    expect(bob.peer.closed).toBe(null)
  })

  test('[ROOM6] the words that name a session serve only the one who is the same person', async () => {
    const { world, as: be } = named()
    const owner = await world.native('tab')
    await owner.open('song', { client: 7 })
    const { doc, bytes } = as(7, 'mine')
    owner.update(bytes)
    await world.settle()
    be('bob')
    const thief = await world.native('tab')
    await thief.open('song', { client: 7 })
    thief.update(edit(doc, it => it.getText('t').insert(4, '!')))
    await world.settle()
    expect(thief.heard('refused')).toMatchObject([{ code: 'identity' }])
  })

  test('[AWR3] [ROOM6] nobody says who is there as an id that another person introduced, there or away', async () => {
    const { world, as: be } = named()
    const owner = await world.joined()
    owner.update(as(7, 'mine').bytes)
    await world.settle()
    const present = () => world.house.get('song' as never)?.presence.all() ?? []
    be('bob')
    const bob = await world.stock()
    bob.present({ client: 7, clock: 1, state: { forged: true } })
    await world.pass(50)
    expect(present()).toEqual([])
    owner.session.ended()
    bob.present({ client: 7, clock: 2, state: { forged: true } })
    await world.pass(50)
    expect(present()).toEqual([])
    be('ann')
    const back = await world.stock()
    back.present({ client: 7, clock: 3, state: {} })
    await world.pass(50)
    expect(present()).toMatchObject([{ client: 7, state: '{"user":{"id":"ann"}}' }])
  })

  test('[ROOM6] whoever holds a copy heals a server that lost what others wrote', async () => {
    const { world, authors, as: be } = named()
    be('bob')
    const bob = await world.joined()
    const all = new Y.Doc()
    for (const client of [7, 8, 9]) Y.applyUpdate(all, as(client, `${client}`).bytes)
    bob.update(Y.encodeStateAsUpdate(all), { resync: true })
    await world.settle()
    expect(bob.heard('ack')).toHaveLength(1)
    expect(await authors()).toEqual(['bob'])
    // What he carried did not become his.
    be('ann')
    const ann = await world.stock()
    const mine = new Y.Doc()
    Y.applyUpdate(mine, Y.encodeStateAsUpdate(all))
    mine.clientID = 7
    ann.update(edit(mine, it => it.getText('t').insert(0, 'back ')))
    await world.settle()
    expect(await authors()).toEqual(['bob', 'ann'])
  })
})
