import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { edit, World } from '../testing/world.ts'

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
    dead.session.ended()
    await answerAll()
    expect(room?.head).toBe(2)
  })
})
