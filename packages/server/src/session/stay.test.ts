import { type AwarenessEntry, decodeAwareness, type Millis, type Permission } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import type { Identity } from '../access/authorize.ts'
import { type NativeGuest, type StockGuest, World } from '../testing/world.ts'

/** A door whose answers a test changes while people are inside. */
class ChangingDoor {
  permission: Permission | null | 'fails' = 'write'
  identity: Identity = { subject: 'ann' }

  identify(): Identity {
    return this.identity
  }

  permit(): Permission | null {
    if (this.permission === 'fails') throw new Error('the directory is down')
    return this.permission
  }
}

function guarded(recheckMs = 5_000) {
  const authorize = new ChangingDoor()
  const world = new World({ authorize, recheckMs })
  const lasting = (ms: Millis): void => {
    authorize.identity = { subject: 'ann', expiresAt: world.env.clock.now() + ms }
  }
  return { authorize, world, lasting }
}

function presences(guest: NativeGuest | StockGuest): readonly AwarenessEntry[] {
  const messages = 'ask' in guest ? guest.peer.stock() : guest.peer.messages()
  return messages.flatMap(message => {
    const decoded = message.type === 'awareness' ? decodeAwareness(message.bytes) : null
    return decoded?.ok === true ? decoded.value : []
  })
}

describe('a token that ends', () => {
  test('[ACC8] ends its connection, native and stock, and says so 30 s before to who can answer', async () => {
    const { world, lasting } = guarded()
    lasting(600_000)
    const native = await world.joined()
    const stock = await world.stock()
    native.peer.news()
    await world.pass(569_999)
    expect(native.heard('expiring')).toEqual([])
    await world.pass(1)
    expect(native.heard('expiring')).toEqual([{ type: 'expiring', inMs: 30_000 }])
    await world.pass(29_999)
    expect([native.peer.closed, stock.peer.closed]).toEqual([null, null])
    await world.pass(1)
    expect([native.peer.closed?.code, stock.peer.closed?.code]).toEqual(['unauthorized', 'unauthorized'])
    expect(world.house.get('song' as never)?.readers.size).toBe(0)
  })

  test('[ACC8] is told a tenth of its time before when that is little', async () => {
    const { world, lasting } = guarded()
    lasting(10_000)
    const native = await world.joined()
    await world.pass(9_000)
    expect(native.heard('expiring')).toEqual([{ type: 'expiring', inMs: 1_000 }])
  })

  test('[ACC8] is followed by a newer one, and the connection goes on where it stands', async () => {
    const { world, lasting } = guarded()
    lasting(10_000)
    const native = await world.joined()
    native.type('a')
    await world.pass(9_000)
    lasting(100_000)
    native.say({ type: 'auth', token: 'newer' })
    await world.settle()
    await world.pass(80_000)
    expect(native.peer.closed).toBe(null)
    native.peer.news()
    native.type('b')
    await world.settle()
    expect(native.heard('ack')).toMatchObject([{ counter: 2 }])
    await world.pass(20_000)
    expect(native.peer.closed?.code).toBe('unauthorized')
  })

  test('[ACC8] that lasts for years needs no timer that overflows; who leaves leaves none', async () => {
    const years = 4 * 365 * 86_400_000
    const { world, lasting } = guarded(years)
    lasting(years)
    const native = await world.joined()
    await world.pass(years - 30_001)
    expect(native.peer.closed).toBe(null)
    expect(native.heard('expiring')).toEqual([])
    await world.pass(1)
    expect(native.heard('expiring')).toHaveLength(1)
    const other = await world.joined()
    const before = world.env.waiting
    other.session.ended()
    expect(world.env.waiting).toBeLessThan(before)
  })
})

describe('what may be done', () => {
  test('[ACC11] is asked again while somebody is there: less is told, nothing ends it, within 5 s', async () => {
    const { world, authorize } = guarded()
    const native = await world.joined()
    const stock = await world.stock()
    authorize.permission = 'read'
    await world.pass(5_000)
    native.peer.news()
    native.type('x')
    expect(native.heard('refused')).toMatchObject([{ code: 'read-only' }])
    stock.type('y')
    await world.settle()
    expect(world.house.get('song' as never)?.head).toBe(0)
    expect([native.peer.closed, stock.peer.closed]).toEqual([null, null])
    authorize.permission = 'write'
    await world.pass(5_000)
    stock.type('z')
    stock.answer(Uint8Array.of(0))
    await world.settle()
    expect(world.house.get('song' as never)?.head).toBe(1)
    authorize.permission = null
    native.peer.news()
    await world.pass(5_000)
    expect(native.heard('closed')).toMatchObject([{ code: 'forbidden' }])
    expect(stock.peer.closed?.code).toBe('forbidden')
    expect(world.house.get('song' as never)?.readers.size).toBe(0)
  })

  test('[ACC11] holds for 30 s while it cannot be asked, and then whoever is there has to come again', async () => {
    const { world, authorize } = guarded()
    const native = await world.joined()
    const stock = await world.stock()
    authorize.permission = 'fails'
    await world.pass(25_000)
    expect([native.peer.closed, stock.peer.closed]).toEqual([null, null])
    for (let i = 0; i < 2; i++) await world.pass(5_000)
    expect([native.peer.closed?.code, stock.peer.closed?.code]).toEqual(['internal', 'internal'])
  })

  test('[ACC11] a newer token counts for what was being opened when it came', async () => {
    const { world, authorize } = guarded()
    const native = await world.native()
    native.say({
      type: 'open',
      request: 1,
      doc: 'song',
      epoch: '',
      position: 0,
      stateVector: Uint8Array.of(0),
      client: 0,
    })
    authorize.permission = 'read'
    authorize.identity = { subject: 'ann' }
    native.say({ type: 'auth', token: 'less' })
    await world.settle()
    const told = native.peer.messages().flatMap(message => ('permission' in message ? [message.permission] : []))
    expect(told.at(-1)).toBe('read')
  })

  test('[ACC11] is not asked where answers cannot change: no timer runs for it', async () => {
    const world = new World({ recheckMs: 5_000 })
    const idle = world.env.waiting
    await world.joined()
    await world.stock()
    expect(world.env.waiting).toBe(idle)
  })
})

describe('revoking', () => {
  test('[ACC10] ends who is connected at once: by subject, device or token, made before a moment', async () => {
    const { world, authorize } = guarded()
    const now = world.env.clock.now()
    const people: readonly Identity[] = [
      { subject: 'ann', issuedAt: now - 1_000, device: 'phone', tokenId: 't1' },
      { subject: 'ann', issuedAt: now + 1_000, device: 'laptop', tokenId: 't2' },
      { subject: 'ann', device: 'tablet' },
      { subject: 'bob', issuedAt: now - 1_000, device: 'phone', tokenId: 't3' },
    ]
    const guests: NativeGuest[] = []
    for (const identity of people) {
      authorize.identity = identity
      guests.push(await world.joined())
    }
    authorize.identity = people[0] as Identity
    const stock = await world.stock()
    const gone = () => [...guests, stock].map(({ peer }) => peer.closed?.code === 'unauthorized')
    const { revocations } = world.door
    await revocations.revoke({ kind: 'token', name: 'other', before: now })
    expect(gone()).toEqual([false, false, false, false, false])
    await revocations.revoke({ kind: 'subject', name: 'ann', before: now })
    expect(gone()).toEqual([true, false, true, false, true])
    await revocations.revoke({ kind: 'token', name: 't3', before: now })
    expect(gone()).toEqual([true, false, true, true, true])
    await revocations.revoke({ kind: 'device', name: 'laptop', before: now + 2_000 })
    expect(gone()).toEqual([true, true, true, true, true])
    authorize.identity = people[0] as Identity
    const back = await world.native()
    expect(back.peer.closed?.code).toBe('unauthorized')
    expect((await world.stock()).peer.closed?.code).toBe('unauthorized')
    authorize.identity = { subject: 'ann', issuedAt: now + 1, device: 'phone' }
    expect((await world.native()).peer.closed).toBe(null)
  })
})

describe('the user of a presence', () => {
  const ann: Identity = { subject: 'ann', user: { name: 'Ann' } }

  test('[ACC9] is what the token says, whatever is said; other keys and other fields stay', async () => {
    const { world, authorize } = guarded()
    authorize.identity = { subject: 'reader' }
    const reader = await world.stock()
    authorize.identity = ann
    const native = await world.joined()
    const stock = await world.stock()
    const forged = { cursor: 3, user: { id: 'eve', name: 'The boss', color: '#f00' } }
    native.present(7, 1, forged)
    stock.present({ client: 8, clock: 1, state: forged })
    await world.pass(50)
    const expected = { cursor: 3, user: { id: 'ann', name: 'Ann', color: '#f00' } }
    expect(presences(reader).map(({ client, state }) => [client, JSON.parse(state)])).toEqual([
      [7, expected],
      [8, expected],
    ])
  })

  test('[ACC9] is there although it was not said, or is no object, and a goodbye stays one', async () => {
    const { world, authorize } = guarded()
    const reader = await world.stock()
    authorize.identity = ann
    const native = await world.joined()
    const user = { id: 'ann', name: 'Ann' }
    let clock = 0
    for (const state of [{}, { user: 'eve' }, { user: ['eve'] }, { user: null }, { user: 7 }]) {
      native.present(7, ++clock, state)
      await world.pass(50)
      expect(presences(reader).map(entry => JSON.parse(entry.state))).toEqual([{ user }])
    }
    native.present(7, ++clock, { user: { name: 'eve' }, long: 'x'.repeat(16_350) })
    await world.pass(50)
    expect(presences(reader).map(entry => JSON.parse(entry.state))).toEqual([{ user }])
    native.present(7, ++clock, null)
    await world.pass(50)
    expect(presences(reader).map(entry => entry.state)).toEqual(['null'])
  })

  test('[ACC9] changes with the token; without a door it is what people say', async () => {
    const { world, authorize } = guarded()
    const reader = await world.stock()
    authorize.identity = ann
    const native = await world.joined()
    authorize.identity = { subject: 'ann', user: { name: 'Ann B.' } }
    native.say({ type: 'auth', token: 'newer' })
    await world.settle()
    native.present(7, 1, {})
    await world.pass(50)
    expect(presences(reader).map(entry => JSON.parse(entry.state))).toEqual([{ user: { id: 'ann', name: 'Ann B.' } }])
    const open = new World()
    const witness = await open.stock()
    const somebody = await open.joined()
    somebody.present(7, 1, { user: { name: 'me' } })
    await open.pass(50)
    expect(presences(witness).map(entry => entry.state)).toEqual(['{"user":{"name":"me"}}'])
  })
})
