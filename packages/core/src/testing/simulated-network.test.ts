import { describe, expect, test } from 'vitest'
import { seededRandom } from './seeded-random.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedTime } from './simulated-time.ts'
import type { WireEnd, WireListener } from './simulated-wire.ts'

function world() {
  const time = new SimulatedTime()
  const network = new SimulatedNetwork(time, seededRandom(3))
  const machine = () => new SimulatedMachine({ time, random: seededRandom(1) })
  const server = machine()
  const heard: string[] = []
  const listener = (name: string): WireListener => ({
    opened: () => heard.push(`${name} opened`),
    received: bytes => heard.push(`${name} ${bytes.join()}`),
    ponged: () => heard.push(`${name} ponged`),
    drained: () => {},
    closed: code => heard.push(`${name} closed ${code}`),
  })
  const accepted: WireEnd[] = []
  network.listen('server', server, end => {
    accepted.push(end)
    return listener('server')
  })
  const client = machine()
  const dial = () => network.dial('client', client, 'server', { url: 'ws://x/', protocols: [] }, listener('client'))
  const news = async (ms: number) => {
    await time.runUntil(time.now + ms)
    return heard.splice(0)
  }
  return { time, network, server, client, accepted, dial, news, heard }
}

describe('simulated time', () => {
  test('what is planned happens at its moment, in the order of planning, with promises settled in between', async () => {
    const time = new SimulatedTime()
    const done: string[] = []
    time.at(5, () => done.push(`b${time.now}`))
    time.at(5, () => {
      done.push('c')
      void Promise.resolve().then(() => done.push('c then'))
    })
    time.at(1, () => void time.after(4, () => done.push('d')))
    time.at(2, () => done.push('a'))()
    time.at(3, () => done.push('a'))
    await time.runUntil(4)
    expect([done, time.now]).toEqual([['a'], 4])
    await time.runUntil(10)
    expect(done).toEqual(['a', 'b5', 'c', 'c then', 'd'])
  })
})

describe('a simulated machine', () => {
  test('sleeps through what falls due, wakes up to it in order, and does nothing once it is dead', async () => {
    const { time, client } = world()
    const done: string[] = []
    client.timers.after(10, () => done.push(`first ${time.now}`))
    client.timers.after(20, () => done.push('second'))
    const cancel = client.timers.after(15, () => done.push('never'))
    client.sleep(100)
    await time.runUntil(50)
    cancel()
    await time.runUntil(99)
    expect(done).toEqual([])
    await time.runUntil(150)
    expect(done).toEqual(['first 100', 'second'])
    client.sleep(100)
    client.wake(() => done.push('third'))
    await time.runUntil(200)
    client.sleep(100)
    client.wake(() => done.push('fourth'))
    await time.runUntil(400)
    expect(done.slice(2)).toEqual(['third', 'fourth'])
    client.timers.after(1, () => done.push('dead'))
    client.die()
    client.wake(() => done.push('dead'))
    await time.runUntil(500)
    expect(done).toHaveLength(4)
  })

  test('has clocks that are off, run fast and are set; the one for spans never goes back', async () => {
    const time = new SimulatedTime()
    const machine = new SimulatedMachine({ time, random: seededRandom(1), skewMs: -5_000, drift: 0.5 })
    const fired: number[] = []
    machine.timers.after(150, () => fired.push(time.now))
    const before = machine.clock.now()
    await time.runUntil(1_000)
    expect([machine.clock.ticks(), machine.clock.now() - before]).toEqual([1_500, 1_500])
    expect(fired).toEqual([100])
    machine.stepClock(-3_600_000)
    expect(machine.clock.now()).toBe(before + 1_500 - 3_600_000)
    expect(machine.clock.ticks()).toBe(1_500)
  })
})

describe('a simulated network', () => {
  test('delivers in order, and a close after what was sent before it', async () => {
    const { dial, news } = world()
    const end = dial()
    expect(await news(100)).toEqual(['client opened'])
    for (let i = 0; i < 20; i++) end.send(Uint8Array.of(i))
    end.close(4400, 'bye')
    const heard = await news(2_000)
    expect(heard).toEqual([
      ...Array.from({ length: 20 }, (_, i) => `server ${i}`),
      'server closed 4400',
      'client closed 4400',
    ])
  })

  test('holds back what is sent into a partition, and delivers it afterwards', async () => {
    const { dial, news, network, accepted } = world()
    const end = dial()
    await news(100)
    network.block('client', { deafened: true, muted: false })
    accepted[0]?.send(Uint8Array.of(1))
    end.send(Uint8Array.of(2))
    expect(await news(60_000)).toEqual(['server 2'])
    expect(accepted[0]?.waitingBytes).toBe(1)
    network.block('client', { deafened: false, muted: false })
    expect(await news(2_000)).toEqual(['client 1'])
    expect(accepted[0]?.waitingBytes).toBe(0)
  })

  test('loses what is under way in a connection that is cut, and tells at least one end', async () => {
    const { dial, news, network } = world()
    for (let i = 0; i < 20; i++) {
      const end = dial()
      await news(3_000)
      end.send(Uint8Array.of(9))
      network.cut('client')
      const heard = await news(3_000)
      expect(heard.length).toBeGreaterThan(0)
      expect(heard.join()).toMatch(/^((client|server) closed 1006,?)+$/)
    }
  })

  test('a process that ends is told of by its host; a host without power tells nobody until it is back', async () => {
    const { dial, news, network, server } = world()
    dial()
    await news(100)
    server.die()
    network.hangUp('server', server)
    expect(await news(100)).toEqual(['client closed 1006'])
    dial()
    expect(await news(5_000)).toEqual(['client closed 1006'])
    const again = world()
    const end = again.dial()
    await again.news(100)
    again.server.die()
    again.network.vanish('server')
    again.network.unlisten('server', true)
    end.send(Uint8Array.of(1))
    expect(await again.news(600_000)).toEqual([])
    again.network.unlisten('server', false)
    end.send(Uint8Array.of(1))
    expect(await again.news(5_000)).toEqual(['client closed 1006'])
  })
})
