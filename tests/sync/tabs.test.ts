import type { MemoryLocalLog, Provider, Refusal } from '@tutti/client'
import { beBrowser, SimulatedLog, SimulatedTabs } from '@tutti/client/testing'
import type { DocName, Timers } from '@tutti/core'
import { randomEdit, readContent, seededRandom } from '@tutti/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as Y from 'yjs'
import { scaled } from '../support/scale.ts'
import { Simulation } from './simulation.ts'

const song = 'song' as DocName
const text = (doc: Y.Doc) => doc.getText('t')

/** Providers that share a device log are tabs of one another. */
function beTabs(timers: Timers): void {
  onTestFinished(beBrowser(new SimulatedTabs().hostFor({}, timers)))
}

async function kept(device: MemoryLocalLog): Promise<Y.Doc> {
  const doc = new Y.Doc()
  for (const update of (await device.open(song)).updates) Y.applyUpdate(doc, update)
  return doc
}

describe('several tabs of one device', () => {
  it('[TAB5] offline tabs show each other what they do; each edit is on the device once and is sent once', async () => {
    const sim = new Simulation()
    beTabs(sim.env.timers)
    const device = sim.device()
    const tabs = [1, 2, 3].map(() => sim.client('song', { localLog: device, disableBc: false }))
    await sim.settle()
    await sim.cut()
    for (const [i, tab] of tabs.entries()) {
      text(tab.doc).insert(0, `${i}`)
      await sim.settle()
    }
    expect(tabs.map(tab => text(tab.doc).toString())).toEqual(['210', '210', '210'])
    expect((await device.open(song)).updates.length).toBe(3)
    expect(tabs.map(tab => tab.pending.edits)).toEqual([1, 1, 1])
    await sim.restore()
    expect((await sim.world.log.open(song)).head).toBe(3)
    expect(tabs.map(tab => tab.saving.kind)).toEqual(['saved', 'saved', 'saved'])
    await sim.pass(1_000)
    expect(await device.open(song)).toMatchObject({ position: 3, pending: [] })
    expect((await device.open(song)).updates.length).toBe(3)
  })

  it('[CLI10] what a closed tab left is sent by the one that leads', async () => {
    const sim = new Simulation()
    beTabs(sim.env.timers)
    const device = sim.device()
    const [first, second] = [1, 2].map(() => sim.client('song', { localLog: device, disableBc: false }))
    await sim.settle()
    await sim.cut()
    text((first as Provider).doc).insert(0, 'left')
    await sim.settle()
    await first?.close()
    await sim.restore()
    await sim.pass(30_000)
    expect((await sim.world.log.open(song)).head).toBe(1)
    expect(second?.saving.kind).toBe('saved')
    expect((await device.pending()).size).toBe(0)
  })

  it('[CLI10] also what it could not leave on the device, and another tab shows', async () => {
    const sim = new Simulation()
    beTabs(sim.env.timers)
    const device = sim.device(() => {
      throw Object.assign(new Error('full'), { code: 'local-quota' })
    })
    const [first, second] = [1, 2].map(() => sim.client('song', { localLog: device, disableBc: false })) as [
      Provider,
      Provider,
    ]
    await sim.settle()
    await sim.cut()
    text(first.doc).insert(0, 'shown')
    await sim.settle()
    expect(text(second.doc).toString()).toBe('shown')
    expect(second.pending.edits).toBe(0)
    // As long as the other tab is there it is not ours.
    await sim.pass(30_000)
    expect(second.pending.edits).toBe(0)
    await first.close()
    await sim.pass(11_000)
    expect(second.saving).toMatchObject({ edits: 1, onThisDevice: false })
    await sim.restore()
    await sim.pass(1_000)
    expect(second.saving.kind).toBe('saved')
    expect((await sim.world.log.open(song)).head).toBe(1)
  })

  it.each([
    ['undone', false],
    ['kept', true],
  ])('[TAB7] what builds on edits that another tab took back is told as refused, and can be %s', async (_, isKept) => {
    const sim = new Simulation()
    beTabs(sim.env.timers)
    const device = sim.device()
    const [first, second] = [1, 2].map(() => sim.client('song', { localLog: device, disableBc: false })) as [
      Provider,
      Provider,
    ]
    await sim.settle()
    const refusals: Record<'first' | 'second', Refusal[]> = { first: [], second: [] }
    first.on('refused', refusal => refusals.first.push(refusal))
    second.on('refused', refusal => refusals.second.push(refusal))
    // A name that reaches into a prototype is refused by the gate.
    first.doc.getMap('__proto__').set('a', 1)
    text(first.doc).insert(0, 'base')
    await sim.settle()
    text(second.doc).insert(4, ' and more')
    await sim.settle()
    await refusals.first[0]?.undo()
    await sim.pass(1_000)
    expect(first.saving.kind).toBe('saved')
    expect(refusals.second.map(({ code, edits }) => [code, edits])).toEqual([['missing-dependencies', 1]])
    expect(second.saving).toMatchObject({ kind: 'refused', edits: 1, onThisDevice: true })
    // Waiting for what nobody has any more is not asked again for ever.
    sim.said.length = 0
    await sim.pass(60_000)
    expect(sim.saidOf('update').length).toBe(0)
    await (isKept ? refusals.second[0]?.keep() : refusals.second[0]?.undo())
    await sim.pass(10_000)
    expect([first.saving.kind, second.saving.kind]).toEqual(['saved', 'saved'])
    expect([text(first.doc).toString(), text(second.doc).toString()]).toEqual(['', ''])
    expect(second.doc.store.pendingStructs).toBe(null)
    expect((await device.pending()).size).toBe(0)
    const branches = new Y.Doc()
    for (const { bytes } of await device.branches(song)) Y.applyUpdate(branches, bytes)
    expect(text(branches).toString()).toBe(isKept ? 'base and more' : '')
  })

  it('[TAB7] also what a tab that has ended since left behind', async () => {
    const sim = new Simulation()
    beTabs(sim.env.timers)
    const device = sim.device()
    const [first, second] = [1, 2].map(() => sim.client('song', { localLog: device, disableBc: false })) as [
      Provider,
      Provider,
    ]
    await sim.settle()
    const refusals: Refusal[] = []
    first.on('refused', refusal => refusals.push(refusal))
    first.doc.getMap('__proto__').set('a', 1)
    text(first.doc).insert(0, 'base')
    await sim.settle()
    text(second.doc).insert(4, ' and more')
    await sim.settle()
    await second.close()
    await refusals[0]?.undo()
    await sim.pass(60_000)
    expect(refusals.map(({ code }) => code).slice(1)).toEqual(['missing-dependencies'])
    expect(first.saving).toMatchObject({ kind: 'refused', edits: 1, onThisDevice: true })
    await refusals[1]?.undo()
    await sim.pass(10_000)
    expect(first.saving.kind).toBe('saved')
    expect((await device.pending()).size).toBe(0)
  })

  it('[TAB8] what a tab was taking back when it ended is there again, and the device has it', async () => {
    let may: 'read' | 'write' = 'read'
    const sim = new Simulation({ authorize: { identify: () => ({ subject: 'ann' }), permit: () => may } })
    const browser = new SimulatedTabs()
    const device = sim.device()
    let hear = () => {}
    const withdraw = device.withdraw.bind(device)
    device.withdraw = async (...taken) => {
      await withdraw(...taken)
      await new Promise<void>(resolve => (hear = resolve))
    }
    const machines = [{}, {}] as const
    const [first, second] = machines.map(machine => {
      const notBrowser = beBrowser(browser.hostFor(machine, sim.env.timers))
      const provider = sim.client('song', { localLog: device, disableBc: false })
      notBrowser()
      return provider
    }) as [Provider, Provider]
    const refusals: Refusal[] = []
    first.on('refused', refusal => refusals.push(refusal))
    await sim.settle()
    text(first.doc).insert(0, 'base')
    await sim.settle()
    const undone = refusals[0]?.undo()
    await sim.settle()
    expect((await device.open(song)).updates).toEqual([])
    first.disconnect()
    browser.crash(machines[0])
    may = 'write'
    second.connect()
    await sim.pass(15_000)
    expect(second.saving.kind).toBe('saved')
    expect(text(await kept(device)).toString()).toBe('base')
    expect(await device.open(song)).toMatchObject({ position: 1, pending: [] })
    hear()
    await undone
  })

  const seeds = [366, ...Array.from({ length: scaled(10, 400) }, (_, i) => i + 1)]
  it.each(seeds)('[CLI21] tabs, devices and disk become equal (seed %i)', async seed => {
    const random = seededRandom(seed)
    const sim = new Simulation()
    beTabs(sim.env.timers)
    const devices = [sim.device(), sim.device()]
    const open = (device: MemoryLocalLog) => ({
      device,
      // Tabs of one browser are told apart from those of the other by their channel: here, by speaking at all.
      provider: sim.client('song', { localLog: device, disableBc: device !== devices[0] }),
    })
    const people = [0, 0, 0, 1].map(i => open(devices[i] as MemoryLocalLog))
    await sim.settle()
    for (let i = 0; i < 50; i++) {
      const at = random.int(people.length)
      const person = people[at] as (typeof people)[number]
      const kind = random.int(14)
      if (kind < 7) for (let n = random.int(4); n >= 0; n--) randomEdit(person.provider.doc, random)
      else if (kind === 7) person.provider.disconnect()
      else if (kind === 8) person.provider.connect()
      else if (kind === 9) await sim.cut()
      else if (kind === 10) sim.isDown = false
      else if (kind === 11) {
        // Who closes waits for the lock of the tab, which comes in a turn of its own.
        await Promise.all([person.provider.close(), sim.settle()])
        people[at] = open(person.device)
      } else await sim.pass(random.int(3_000))
      if (random.chance(0.5)) await sim.settle()
    }
    for (const { provider } of people) provider.connect()
    await sim.restore()
    await sim.pass(120_000)
    const disk = new Y.Doc()
    for (const entry of await sim.world.log.read(song, 0 as never, 2 ** 30)) Y.applyUpdate(disk, entry.bytes)
    const vector = Y.decodeStateVector(Y.encodeStateVector(disk))
    for (const { provider } of people) {
      expect(provider.saving.kind).toBe('saved')
      expect(readContent(provider.doc)).toEqual(readContent(disk))
      expect(Y.decodeStateVector(Y.encodeStateVector(provider.doc))).toEqual(vector)
    }
    for (const { provider } of people) await provider.close()
    for (const device of devices) {
      expect((await device.pending()).size).toBe(0)
      // The copy may be behind; with what the log has after its position it is whole.
      const copy = await kept(device)
      const { position } = await device.open(song)
      for (const entry of await sim.world.log.read(song, position, 2 ** 30)) Y.applyUpdate(copy, entry.bytes)
      expect(Y.decodeStateVector(Y.encodeStateVector(copy)), `after ${position}`).toEqual(vector)
    }
  })

  it('[CLI4] what one tab could not store is stored from what the server told another, before the position passes it', async () => {
    const sim = new Simulation()
    beTabs(sim.env.timers)
    let isFull = false
    const device = sim.device(write => {
      if (isFull && write === 'own') throw Object.assign(new Error('full'), { code: 'local-quota' })
    })
    const leader = sim.client('song', { localLog: device, disableBc: false })
    await sim.settle()
    const other = sim.client('song', { localLog: device, disableBc: false })
    await sim.settle()
    isFull = true
    text(other.doc).insert(0, 'not on this device')
    await sim.pass(1_000)
    expect(other.saving.kind).toBe('saved')
    expect(await device.open(song)).toMatchObject({ position: 1 })
    expect(text(await kept(device)).toString()).toBe('not on this device')
    await leader.close()
  })

  it('[TAB6] a copy that was rewritten and cannot be read just now leaves what is shown as it is, until it can', async () => {
    const sim = new Simulation()
    beTabs(sim.env.timers)
    const device = sim.device()
    const condition = { isFull: false, isBroken: false, latencyMs: 1 }
    const localLog = new SimulatedLog(device, sim.env, seededRandom(1), condition)
    const tab = sim.client('song', { localLog, disableBc: false })
    await sim.pass(100)
    text(tab.doc).insert(0, 'still here')
    await sim.pass(1_000)
    expect(tab.saving.kind).toBe('saved')
    tab.disconnect()
    condition.isBroken = true
    const rewritten = new BroadcastChannel('tutti:tutti:document:song')
    rewritten.postMessage({ topic: 'log', bytes: new Uint8Array() })
    await sim.pass(1_000)
    expect(text(tab.doc).toString()).toBe('still here')
    condition.isBroken = false
    const other = new Y.Doc()
    text(other).insert(0, 'and more, ')
    await device.appendOwn(song, 'another' as never, [
      { counter: 1, bytes: Y.encodeStateAsUpdate(other), base: 0 as never },
    ])
    await sim.pass(5_000)
    expect(text(tab.doc).toString()).toMatch(/and more, /)
    expect(text(tab.doc).toString()).toMatch(/still here/)
    rewritten.close()
  })
})
