import { type AwarenessEntry, decodeAwareness, encodeAwareness, encodeStockAwareness } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import { type NativeGuest, type StockGuest, World } from '../testing/world.ts'

function told(guest: NativeGuest | StockGuest): AwarenessEntry[] {
  const messages = 'ask' in guest ? guest.peer.stock() : guest.peer.messages()
  return messages.flatMap(message => {
    if (message.type !== 'awareness') return []
    const decoded = decodeAwareness(message.bytes)
    if (!decoded.ok) throw new Error(decoded.error.message)
    return decoded.value
  })
}

const clients = (entries: readonly AwarenessEntry[]) => entries.map(({ client, state }) => [client, state])

describe('presence', () => {
  test('[AWR1] what is not well-formed presence ends the connection, and nobody hears of it', async () => {
    const world = new World()
    const reader = await world.joined()
    reader.peer.news()
    const states = ['[]', '1', '{', '{"__proto__":{}}', `{"a":"${'x'.repeat(17_000)}"}`]
    for (const state of states) {
      const native = await world.joined()
      const bytes = encodeAwareness([{ client: 1, clock: 1, state }])
      native.say({ type: 'awareness', channel: native.channel, bytes })
      expect(native.peer.closed).not.toBeNull()
      const stock = await world.stock()
      stock.session.receive(encodeStockAwareness(bytes))
      expect(stock.peer.closed).not.toBeNull()
    }
    await world.pass(100)
    expect(told(reader)).toEqual([])
  })

  test('[AWR3] an id belongs to the connection that introduced it: others cannot speak for it', async () => {
    const world = new World()
    const alice = await world.stock()
    const mallory = await world.stock()
    alice.present({ client: 1, clock: 1, state: { name: 'alice' } })
    mallory.present({ client: 2, clock: 1, state: { name: 'mallory' } })
    await world.pass(50)
    told(alice)
    mallory.present({ client: 1, clock: 9, state: { name: 'forged' } })
    mallory.present({ client: 1, clock: 2 ** 50, state: null })
    await world.pass(50)
    expect(told(alice).filter(({ client }) => client === 1)).toEqual([])
    alice.present({ client: 1, clock: 2, state: { name: 'alice', at: 2 } })
    await world.pass(50)
    expect(clients(told(alice))).toEqual([[1, '{"name":"alice","at":2}']])
  })

  test('[AWR3] presence carried by a neighbour goes to its own connection when that speaks', async () => {
    const world = new World()
    const one = await world.stock()
    const two = await world.stock()
    one.present({ client: 1, clock: 1, state: {} })
    // One tab carries what it heard of the other.
    one.present({ client: 1, clock: 1, state: {} }, { client: 2, clock: 1, state: { carried: true } })
    await world.pass(50)
    two.present({ client: 2, clock: 2, state: { own: true } })
    await world.pass(50)
    one.session.ended()
    await world.pass(50)
    const late = await world.stock('song', false)
    late.ask()
    await world.settle()
    expect(clients(told(late))).toEqual([[2, '{"own":true}']])
  })

  test('[AWR3] a client that comes back is seen at once, while its old connection still lies open', async () => {
    const world = new World()
    const before = await world.native('tab')
    await before.open('song', { client: 7 })
    before.present(7, 1, { at: 'before' })
    const reader = await world.joined()
    await world.pass(50)
    told(reader)
    const after = await world.native('tab')
    await after.open('song', { client: 7 })
    after.present(7, 2, { at: 'after' })
    await world.pass(50)
    expect(clients(told(reader))).toEqual([[7, '{"at":"after"}']])
    before.session.ended()
    await world.pass(50)
    expect(told(reader)).toEqual([])
  })

  test('[AWR3] a stock client that comes back makes the server look whether its old connection lives', async () => {
    const world = new World()
    const before = await world.stock()
    before.present({ client: 7, clock: 1, state: {} })
    const after = await world.stock()
    after.present({ client: 7, clock: 2, state: {} })
    expect(before.peer.challenges).toBe(1)
    // A neighbour's state that is merely carried along asks nobody.
    after.present({ client: 8, clock: 1, state: {} }, { client: 7, clock: 3, state: {} })
    expect(before.peer.challenges).toBe(1)
  })

  test('[AWR2] who leaves is cleared at once for everybody else', async () => {
    const world = new World()
    const one = await world.stock()
    const two = await world.joined()
    one.present({ client: 1, clock: 4, state: { here: true } })
    await world.pass(50)
    told(two)
    one.session.ended()
    await world.pass(30)
    expect(told(two)).toEqual([{ client: 1, clock: 4, state: 'null' }])
    expect(world.house.get('song' as never)?.presence.all()).toEqual([])
  })

  test('[AWR4] only the latest state of each is sent, at most every 25 ms, and said again to its sender', async () => {
    const world = new World()
    const one = await world.stock()
    const two = await world.joined()
    one.present({ client: 1, clock: 1, state: { at: 1 } })
    await world.settle()
    expect(told(two)).toHaveLength(1)
    for (let clock = 2; clock < 50; clock++) one.present({ client: 1, clock, state: { at: clock } })
    await world.pass(24)
    expect(told(two)).toEqual([])
    await world.pass(1)
    expect(clients(told(two))).toEqual([[1, '{"at":49}']])
    told(one)
    // Stock clients hang up after 30 s of silence: what is said again is echoed.
    one.present({ client: 1, clock: 49, state: { at: 49 } })
    await world.pass(50)
    expect(clients(told(one))).toEqual([[1, '{"at":49}']])
  })

  test('[AWR5] everybody who is here is told to newcomers and to who asks, in messages of at most 256', async () => {
    const world = new World()
    for (let i = 0; i < 300; i++) {
      const guest = await world.native()
      guest.say({
        type: 'open',
        request: 1,
        doc: 'song',
        epoch: '',
        position: 0,
        stateVector: Uint8Array.of(0),
        client: 0,
      })
      await new Promise(resolve => setImmediate(resolve))
      guest.channel = 1
      guest.present(i + 1, 1, { i })
    }
    await world.pass(50)
    const native = await world.native()
    const seen = (await native.open()).flatMap(message => {
      if (message.type !== 'awareness') return []
      const decoded = decodeAwareness(message.bytes)
      if (!decoded.ok) throw new Error(decoded.error.message)
      expect(decoded.value.length).toBeLessThanOrEqual(256)
      return decoded.value
    })
    expect(seen).toHaveLength(300)
    const stock = await world.stock()
    stock.session.receive(Uint8Array.of(3))
    expect(told(stock)).toHaveLength(300)
  })

  test('[AWR5] one connection introduces at most 16', async () => {
    const world = new World()
    const guest = await world.stock()
    guest.present(...Array.from({ length: 100 }, (_, i) => ({ client: i + 1, clock: 1, state: {} })))
    await world.pass(50)
    expect(world.house.get('song' as never)?.presence.all()).toHaveLength(16)
  })
})
