import type { Refusal, SavingState } from '@tutti/client'
import type { Authorize } from '../../packages/server/src/access/authorize.ts'
import type { DocName, Epoch } from '@tutti/core'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { Simulation } from './simulation.ts'

const song = 'song' as DocName
const text = (doc: Y.Doc) => doc.getText('t')
const read = (doc: Y.Doc) => text(doc).toString()

describe('what people are told', () => {
  it('[CLI1] opening, saved, saving, reconnecting, saved: each said when it is so, and not before', async () => {
    const sim = new Simulation()
    const states: string[] = []
    const ann = sim.client('song')
    ann.on('saving-state', (state: SavingState) => states.push(state.kind))
    expect(ann.saving.kind).toBe('loading')
    await sim.settle()
    expect(ann.saving).toEqual({ kind: 'saved', at: null })
    let disk = () => {}
    sim.world.beforeAppend = () => new Promise(resolve => (disk = resolve))
    text(ann.doc).insert(0, 'la')
    await sim.settle()
    expect(ann.saving).toMatchObject({ kind: 'saving', edits: 1, received: false, onThisDevice: true })
    await sim.pass(60)
    expect(ann.saving).toMatchObject({ kind: 'saving', received: true })
    disk()
    sim.world.beforeAppend = null
    await sim.settle()
    expect(ann.saving.kind).toBe('saved')
    expect(ann.pending).toEqual({ edits: 0, bytes: 0 })
    await sim.cut()
    text(ann.doc).insert(0, 'la')
    await sim.settle()
    expect(ann.saving).toMatchObject({ kind: 'reconnecting', edits: 1, onThisDevice: true })
    ann.disconnect()
    await sim.settle()
    expect(ann.saving).toMatchObject({ kind: 'offline', edits: 1, onThisDevice: true })
    ann.connect()
    await sim.restore()
    expect(ann.saving.kind).toBe('saved')
    expect(states.filter((kind, i) => kind !== states[i - 1])).toEqual([
      'saved',
      'saving',
      'saved',
      'reconnecting',
      'offline',
      'reconnecting',
      'saving',
      'saved',
    ])
  })

  it('[CLI2] flush resolves when it is on the disk of the server, and waits for as long as that takes', async () => {
    const sim = new Simulation()
    const ann = sim.client('song')
    await sim.settle()
    await sim.cut()
    text(ann.doc).insert(0, 'la')
    let isDone = false
    const done = ann.flush().then(() => {
      isDone = true
    })
    await sim.pass(5_000)
    expect(isDone).toBe(false)
    await sim.restore()
    await done
    expect((await sim.world.log.open(song)).head).toBe(1)
  })
})

describe('an edit on its way', () => {
  it('[CLI3] nothing done offline is lost, in any number of losses, and it is sent as one', async () => {
    const sim = new Simulation()
    const [ann, bob] = [sim.client('song'), sim.client('song')]
    await sim.settle()
    for (let round = 0; round < 5; round++) {
      await sim.cut()
      for (let i = 0; i < 10; i++) {
        text(ann.doc).insert(0, 'a')
        text(bob.doc).insert(text(bob.doc).length, 'b')
      }
      sim.said.length = 0
      await sim.restore()
      expect(sim.saidOf('update').length).toBeLessThanOrEqual(2)
    }
    expect(read(ann.doc)).toBe(read(bob.doc))
    expect(read(ann.doc).length).toBe(100)
    expect([ann.saving.kind, bob.saving.kind]).toEqual(['saved', 'saved'])
  })

  it('[CLI5] what is done in one turn is one edit, and it is sent before the device has written it', async () => {
    const sim = new Simulation()
    let write = () => {}
    const device = sim.device(kind => (kind === 'own' ? new Promise(resolve => (write = resolve)) : undefined))
    const ann = sim.client('song', { localLog: device })
    await sim.settle()
    sim.said.length = 0
    text(ann.doc).insert(0, 'l')
    text(ann.doc).insert(1, 'a')
    await sim.settle()
    expect(sim.saidOf('update').length).toBe(1)
    expect(ann.saving.kind).toBe('saved')
    write()
  })

  it('[CLI6] who comes back sends and gets differences only', async () => {
    const sim = new Simulation()
    const [ann, bob] = [sim.client('song'), sim.client('song')]
    await sim.settle()
    for (let i = 0; i < 3_000; i++) text(bob.doc).insert(text(bob.doc).length, `word ${i} `)
    await sim.settle()
    const before = Y.encodeStateVector(ann.doc)
    ann.disconnect()
    for (let i = 0; i < 1_000; i++) {
      text(ann.doc).insert(i, 'x')
      await Promise.resolve()
    }
    text(bob.doc).insert(3, 'bob')
    await sim.settle()
    const mine = Y.encodeStateAsUpdate(ann.doc, before).length
    sim.said.length = 0
    sim.heard.length = 0
    ann.connect()
    await sim.restore()
    const sent = sim.said.reduce((sum, one) => sum + (one.message.type === 'update' ? one.bytes : 0), 0)
    const got = sim.heard.reduce((sum, one) => sum + (one.message.type === 'piece' ? one.bytes : 0), 0)
    expect(sent).toBeLessThan(mine * 1.2)
    expect(got).toBeLessThan(60)
    expect(read(ann.doc)).toBe(read(bob.doc))
  })

  it('[CLI17] an edit that builds on what the server lacks is offered again when it has it', async () => {
    const sim = new Simulation()
    const [ann, bob] = [sim.client('song'), sim.client('song')]
    await sim.settle()
    await sim.cut()
    text(ann.doc).insert(0, 'ann')
    await Promise.resolve()
    // As another tab would: it shows the edit, and writes on top of it.
    Y.applyUpdate(bob.doc, Y.encodeStateAsUpdate(ann.doc), bob)
    text(bob.doc).insert(2, '!')
    await Promise.resolve()
    ann.disconnect()
    sim.isDown = false
    bob.connect()
    await sim.settle()
    expect(sim.heard.map(({ message }) => message)).toContainEqual(
      expect.objectContaining({ type: 'refused', code: 'missing-dependencies' }),
    )
    expect(bob.pending.edits).toBe(1)
    ann.connect()
    await sim.pass(3_000)
    expect(bob.pending.edits).toBe(0)
    expect(read(ann.doc)).toBe('an!n')
  })

  it('[CLI18] while the store refuses edits wait here; they go when it is well again', async () => {
    const sim = new Simulation()
    const ann = sim.client('song')
    await sim.settle()
    sim.world.beforeAppend = sim.world.beforeProbe = () => {
      throw new Error('no space left')
    }
    text(ann.doc).insert(0, 'la')
    await sim.settle()
    expect(ann.saving).toMatchObject({ kind: 'store-unavailable', edits: 1, onThisDevice: true })
    text(ann.doc).insert(2, ' la')
    await sim.pass(2_000)
    expect(ann.saving).toMatchObject({ kind: 'store-unavailable', edits: 2 })
    sim.world.beforeAppend = sim.world.beforeProbe = null
    await sim.pass(10_000)
    expect(ann.saving.kind).toBe('saved')
  })
})

describe('refused', () => {
  const reader: Authorize = { identify: () => ({ subject: '' }), permit: () => 'read' }

  it('[CLI7] a refused edit is told once, held with what was made on top of it, and can be undone exactly', async () => {
    let may: 'read' | 'write' = 'write'
    const sim = new Simulation({ authorize: { ...reader, permit: () => may } })
    const ann = sim.client('song')
    await sim.settle()
    text(ann.doc).insert(0, 'kept')
    await sim.settle()
    await sim.cut()
    may = 'read'
    await sim.restore()
    const told: string[] = []
    const reloads: Y.Doc[] = []
    ann.on('refused', refusal => told.push(`${refusal.code} ${refusal.edits}`))
    ann.on('reload', doc => reloads.push(doc))
    text(ann.doc).insert(4, ' not')
    await sim.settle()
    text(ann.doc).insert(8, ' this')
    await sim.settle()
    expect(told).toEqual(['read-only 1'])
    expect(ann.saving).toMatchObject({ kind: 'refused', code: 'read-only', edits: 2, onThisDevice: true })
    await expect(ann.flush()).rejects.toMatchObject({ code: 'read-only' })
    await sim.cut()
    await sim.restore()
    expect(told.length).toBe(1)
    const before = ann.doc
    const refusals: Promise<void>[] = []
    ann.on('refused', refusal => refusals.push(refusal.undo()))
    await sim.cut()
    expect(ann.authorizedScope).toBe(undefined)
    await sim.restore()
    // Told once: whoever wants to decide later keeps what was told.
    expect(refusals.length).toBe(0)
    expect(before).toBe(ann.doc)
  })

  it('[CLI7] undo gives a document without them; keep puts them aside first', async () => {
    let may: 'read' | 'write' = 'write'
    const sim = new Simulation({ authorize: { ...reader, permit: () => may } })
    const device = sim.device()
    const ann = sim.client('song', { localLog: device })
    await sim.settle()
    text(ann.doc).insert(0, 'kept')
    await sim.settle()
    await sim.cut()
    may = 'read'
    const settled: Promise<unknown>[] = []
    const reloads: Y.Doc[] = []
    ann.on('reload', doc => reloads.push(doc))
    ann.once('refused', refusal => settled.push(refusal.undo()))
    await sim.restore()
    const old = ann.doc
    text(ann.doc).insert(4, ' not')
    await sim.settle()
    await Promise.all(settled)
    await sim.settle()
    expect(reloads).toEqual([ann.doc])
    expect(ann.doc).not.toBe(old)
    expect(read(ann.doc)).toBe('kept')
    expect(ann.pending.edits).toBe(0)
    expect(ann.saving.kind).toBe('read-only')
    ann.once('refused', refusal => settled.push(refusal.keep('for later')))
    text(ann.doc).insert(0, 'aside ')
    await sim.settle()
    await Promise.all(settled)
    await sim.settle()
    expect(read(ann.doc)).toBe('kept')
    const [branch] = await device.branches(song)
    expect(branch).toMatchObject({ doc: 'song', reason: 'for later' })
    Y.applyUpdate(ann.doc, (branch as { bytes: Uint8Array }).bytes)
    expect(read(ann.doc)).toBe('aside kept')
  })

  it('[CLI7] what is made while refused edits are set aside is set aside, too', async () => {
    let may: 'read' | 'write' = 'write'
    const sim = new Simulation({ authorize: { ...reader, permit: () => may } })
    const device = sim.device()
    const ann = sim.client('song', { localLog: device })
    await sim.settle()
    text(ann.doc).insert(0, 'kept')
    await sim.settle()
    await sim.cut()
    may = 'read'
    const settled: Promise<unknown>[] = []
    const addBranch = device.addBranch.bind(device)
    let isFirst = true
    device.addBranch = async branch => {
      const added = await addBranch(branch)
      if (isFirst) text(ann.doc).insert(0, 'meanwhile ')
      isFirst = false
      return added
    }
    ann.once('refused', refusal => settled.push(refusal.keep('for later')))
    await sim.restore()
    text(ann.doc).insert(4, ' aside')
    await sim.settle()
    await Promise.all(settled)
    await sim.settle()
    expect(read(ann.doc)).toBe('kept')
    expect(ann.pending.edits).toBe(0)
    // Not even hidden in the new document, waiting for what it builds on.
    expect(ann.doc.store.pendingStructs).toBeNull()
    for (const { bytes } of await device.branches(song)) Y.applyUpdate(ann.doc, bytes)
    expect(read(ann.doc)).toBe('meanwhile kept aside')
  })

  it('[CLI7] edits that could not be undone are where they were, and reach the device when it takes them', async () => {
    const sim = new Simulation({ authorize: reader })
    let isFull = false
    const device = sim.device(() => {
      if (isFull) throw Object.assign(new Error('full'), { code: 'local-quota' })
    })
    const ann = sim.client('song', { localLog: device })
    const refusals: Refusal[] = []
    ann.on('refused', refusal => refusals.push(refusal))
    await sim.settle()
    isFull = true
    text(ann.doc).insert(0, 'no')
    await sim.settle()
    await expect(refusals[0]?.undo()).rejects.toMatchObject({ code: 'local-quota' })
    await sim.pass(1_000)
    expect(ann.saving).toMatchObject({ kind: 'refused', edits: 1, onThisDevice: false })
    isFull = false
    await sim.pass(40_000)
    expect(ann.saving).toMatchObject({ kind: 'refused', edits: 1, onThisDevice: true })
    expect((await device.pending()).get(song)?.edits).toBe(1)
    await refusals[0]?.undo()
    await sim.settle()
    expect(ann.saving.kind).toBe('read-only')
    expect((await device.pending()).size).toBe(0)
  })

  it('[CLI26] what was refused is offered again at connect()', async () => {
    let may: 'read' | 'write' = 'read'
    const sim = new Simulation({ authorize: { ...reader, permit: () => may } })
    const ann = sim.client('song')
    await sim.settle()
    expect(ann.saving.kind).toBe('read-only')
    text(ann.doc).insert(0, 'la')
    await sim.settle()
    ann.connect()
    await sim.settle()
    expect(ann.saving).toMatchObject({ kind: 'refused', code: 'read-only', edits: 1 })
    may = 'write'
    ann.connect()
    await sim.settle()
    expect(ann.saving.kind).toBe('saved')
    expect((await sim.world.log.open(song)).head).toBe(1)
    expect(sim.urls.length).toBe(1)
    may = 'read'
    await sim.cut()
    await sim.restore()
    expect(ann.saving.kind).toBe('read-only')
    may = 'write'
    ann.connect()
    await sim.settle()
    expect(ann.saving.kind).toBe('saved')
    expect(ann.authorizedScope).toBe('read-write')
  })

  it('[CLI7] what is just being undone is not offered again', async () => {
    let may: 'read' | 'write' = 'read'
    const sim = new Simulation({ authorize: { ...reader, permit: () => may } })
    let withdraw = () => {}
    const device = sim.device(kind => (kind === 'withdraw' ? new Promise(resolve => (withdraw = resolve)) : undefined))
    const ann = sim.client('song', { localLog: device })
    const undone: Promise<void>[] = []
    ann.on('refused', refusal => undone.push(refusal.undo()))
    await sim.settle()
    text(ann.doc).insert(0, 'la')
    await sim.settle()
    may = 'write'
    ann.connect()
    await sim.settle()
    withdraw()
    await Promise.all(undone)
    await sim.settle()
    expect(read(ann.doc)).toBe('')
    expect(ann.saving.kind).toBe('saved')
    expect((await sim.world.log.open(song)).head).toBe(0)
  })

  it('[CLI7] who has left decides nothing any more: the edits are with who came after', async () => {
    let may: 'read' | 'write' = 'read'
    const sim = new Simulation({ authorize: { ...reader, permit: () => may } })
    const device = sim.device()
    const ann = sim.client('song', { localLog: device })
    const refusals: Refusal[] = []
    ann.on('refused', refusal => refusals.push(refusal))
    await sim.settle()
    text(ann.doc).insert(0, 'la')
    await sim.settle()
    await ann.close()
    may = 'write'
    const again = sim.client('song', { localLog: device })
    await sim.settle()
    expect(again.saving.kind).toBe('saved')
    await expect(refusals[0]?.undo()).rejects.toMatchObject({ code: 'draining' })
    await sim.pass(1_000)
    expect((await device.open(song)).updates.length).toBe(1)
  })

  it('[CLI7] who decides while they are offered again is told again when they are refused again', async () => {
    let may: 'read' | 'write' = 'read'
    const sim = new Simulation({ authorize: { ...reader, permit: () => may } })
    const ann = sim.client('song')
    const refusals: Refusal[] = []
    ann.on('refused', refusal => refusals.push(refusal))
    await sim.settle()
    text(ann.doc).insert(0, 'la')
    await sim.settle()
    may = 'write'
    sim.world.beforeAppend = () => new Promise(() => {})
    ann.connect()
    await sim.settle()
    expect(ann.saving.kind).toBe('saving')
    await expect(refusals[0]?.undo()).rejects.toMatchObject({ code: 'internal' })
    may = 'read'
    await sim.replaceServer({ authorize: reader })
    await sim.restore()
    expect(refusals.length).toBe(2)
    await refusals[1]?.undo()
    await sim.settle()
    expect(ann.saving.kind).toBe('read-only')
    expect(read(ann.doc)).toBe('')
  })

  it('[CLI7] of many edits that wait only the guilty one and its successors are held', async () => {
    const sim = new Simulation()
    const ann = sim.client('song')
    await sim.settle()
    await sim.cut()
    for (let i = 0; i < 20; i++) {
      // A name that reaches into a prototype is refused by the gate.
      if (i === 13) ann.doc.getMap('__proto__').set('a', 1)
      else text(ann.doc).insert(0, 'x')
      await Promise.resolve()
    }
    await sim.restore()
    await sim.pass(3_000)
    expect(ann.saving).toMatchObject({ kind: 'refused', edits: 7 })
    const bob = sim.client('song')
    await sim.settle()
    expect(read(bob.doc)).toBe('x'.repeat(13))
  })
})

describe('copies', () => {
  it('[CLI8] a server that lost entries gets them back from who has them', async () => {
    const sim = new Simulation()
    const ann = sim.client('song')
    await sim.settle()
    for (const word of ['one ', 'two ', 'three']) {
      text(ann.doc).insert(text(ann.doc).length, word)
      await sim.settle()
    }
    const { entries, epoch } = await sim.world.log.open(song)
    await sim.replaceServer()
    await sim.world.log.append(song, epoch as Epoch, entries.slice(0, 1))
    await sim.restore()
    await sim.pass(5_000)
    const bob = sim.client('song')
    await sim.settle()
    expect(read(bob.doc)).toBe('one two three')
  })

  it('[CLI8] also when it is more than one message holds', async () => {
    const sim = new Simulation()
    const ann = sim.client('song')
    await sim.settle()
    for (let i = 0; i < 10; i++) {
      ann.doc.getMap<string>('pages').set(`${i}`, `${i}`.repeat(1024 * 1024))
      await sim.settle()
    }
    expect(ann.saving.kind).toBe('saved')
    await sim.replaceServer()
    await sim.restore()
    await sim.pass(10_000)
    expect(ann.saving.kind).toBe('saved')
    const bob = sim.client('song')
    await sim.settle()
    expect([...bob.doc.getMap('pages').keys()].length).toBe(10)
  })

  it('[CLI9] deletions the server lost are found by comparing when all is quiet', async () => {
    const sim = new Simulation()
    const ann = sim.client('song')
    await sim.settle()
    text(ann.doc).insert(0, 'abc')
    await sim.settle()
    text(ann.doc).delete(1, 1)
    await sim.settle()
    const { entries, epoch } = await sim.world.log.open(song)
    await sim.replaceServer()
    await sim.world.log.append(song, epoch as Epoch, entries.slice(0, 1))
    await sim.restore()
    await sim.pass(5_000)
    const bob = sim.client('song')
    await sim.settle()
    expect(read(bob.doc)).toBe('ac')
  })

  it('[CLI10] what an ended session left on the device is sent by the next one, and counted until then', async () => {
    const sim = new Simulation()
    const device = sim.device()
    const ann = sim.client('song', { localLog: device })
    await sim.settle()
    await sim.cut()
    text(ann.doc).insert(0, 'left')
    await ann.whenStored()
    await ann.close()
    expect((await device.pending()).get(song)?.edits).toBe(1)
    const again = sim.client('song', { localLog: device })
    await again.whenLoaded
    await sim.settle()
    expect(read(again.doc)).toBe('left')
    expect(again.pending.edits).toBe(1)
    await sim.restore()
    expect(again.saving.kind).toBe('saved')
    await sim.pass(1_000)
    expect((await device.pending()).size).toBe(0)
  })

  it('[CLI11] initial content is there once, however many clients bring it at once', async () => {
    const sim = new Simulation()
    const seed = (doc: Y.Doc) => text(doc).insert(0, 'verse')
    const clients = [1, 2, 3].map(() => sim.client('song', { seed }))
    await sim.settle()
    expect(clients.map(client => read(client.doc))).toEqual(['verse', 'verse', 'verse'])
    const late = sim.client('song', { seed })
    await sim.settle()
    expect(read(late.doc)).toBe('verse')
  })

  it('[CLI12] a document that is another one now is begun anew; the copy becomes a branch', async () => {
    const sim = new Simulation()
    const device = sim.device()
    const ann = sim.client('song', { localLog: device })
    await sim.settle()
    text(ann.doc).insert(0, 'mine')
    await sim.settle()
    await sim.cut()
    text(ann.doc).insert(0, 'pending ')
    await sim.replaceServer()
    const fresh = new Y.Doc()
    text(fresh).insert(0, 'theirs')
    const entry = {
      bytes: Y.encodeStateAsUpdate(fresh),
      at: 0,
      base: 0,
      author: { subject: '', device: '', session: '' },
      counter: 0,
    }
    await sim.world.log.append(song, 'another' as Epoch, [entry as never])
    const reloads: Y.Doc[] = []
    ann.on('reload', doc => reloads.push(doc))
    await sim.restore()
    expect(reloads).toEqual([ann.doc])
    expect(read(ann.doc)).toBe('theirs')
    const [branch] = await device.branches(song)
    expect(branch?.reason).toBe('epoch-mismatch')
    const kept = new Y.Doc()
    Y.applyUpdate(kept, (branch as { bytes: Uint8Array }).bytes)
    expect(read(kept)).toBe('pending mine')
    text(ann.doc).insert(0, 'and ')
    await sim.settle()
    expect(ann.saving.kind).toBe('saved')
    await sim.pass(1_000)
    expect(await device.open(song)).toMatchObject({ epoch: 'another', position: 2, pending: [] })
  })

  it('[CLI4] the position on the device never runs ahead of the content there', async () => {
    const sim = new Simulation()
    let isFull = false
    const device = sim.device(() => {
      if (isFull) throw Object.assign(new Error('full'), { code: 'local-quota' })
    })
    const [ann, bob] = [sim.client('song', { localLog: device }), sim.client('song')]
    await sim.settle()
    text(bob.doc).insert(0, 'bob ')
    await sim.pass(1_000)
    isFull = true
    text(ann.doc).insert(0, 'ann ')
    await sim.settle()
    text(bob.doc).insert(0, 'bob ')
    await sim.pass(1_000)
    expect(ann.trouble).toBe('local-quota')
    await expect(ann.whenStored()).rejects.toMatchObject({ code: 'local-quota' })
    expect(ann.saving.kind).toBe('saved')
    isFull = false
    expect((await device.open(song)).position).toBe(1)
    await sim.pass(40_000)
    const copy = await device.open(song)
    expect(copy.position).toBe(3)
    const doc = new Y.Doc()
    for (const update of copy.updates) Y.applyUpdate(doc, update)
    expect(read(doc)).toBe(read(ann.doc))
    expect(ann.trouble).toBe(null)
  })

  it('[CLI16] where the device keeps nothing that is said, and everything else works', async () => {
    const sim = new Simulation()
    const ann = sim.client('song', { persist: false, localLog: undefined as never })
    await sim.settle()
    await sim.cut()
    text(ann.doc).insert(0, 'la')
    await sim.settle()
    expect(ann.saving).toMatchObject({ kind: 'reconnecting', edits: 1, onThisDevice: false })
    expect(ann.trouble).toBe('local-unavailable')
    await expect(ann.whenStored()).rejects.toMatchObject({ code: 'local-unavailable' })
    await sim.restore()
    expect(ann.saving.kind).toBe('saved')
  })

  it('[CLI20] content an app had put into the document before is an edit like any other', async () => {
    const sim = new Simulation()
    const doc = new Y.Doc()
    text(doc).insert(0, 'there before')
    const device = sim.device()
    const ann = sim.client('song', { doc, localLog: device })
    await sim.settle()
    const bob = sim.client('song')
    await sim.settle()
    expect(read(bob.doc)).toBe('there before')
    await ann.close()
    sim.said.length = 0
    // The same document again, as a remounted component would: nothing is new.
    const again = sim.client('song', { doc, localLog: device })
    await sim.settle()
    expect(again.saving.kind).toBe('saved')
    expect(sim.saidOf('update')).toEqual([])
  })
})

describe('connections', () => {
  it('[CLI13] presence comes and goes; what others say about us is not believed', async () => {
    const sim = new Simulation()
    const [ann, bob] = [sim.client('song'), sim.client('song')]
    await sim.settle()
    ann.awareness.setLocalStateField('user', { name: 'ann' })
    await sim.pass(100)
    expect(bob.awareness.getStates().get(ann.awareness.clientID)).toEqual({ user: { name: 'ann' } })
    await sim.cut()
    expect([...bob.awareness.getStates().keys()]).toEqual([bob.awareness.clientID])
    await sim.restore()
    expect(bob.awareness.getStates().size).toBe(2)
    await ann.close()
    await sim.pass(100)
    expect(bob.awareness.getStates().size).toBe(1)
  })

  it('[CLI14] documents share one connection; a document is open on it once', async () => {
    const sim = new Simulation()
    const clients = Array.from({ length: 40 }, (_, i) => sim.client(`song ${i}`, { priority: i % 7 }))
    const twin = sim.client('song 3')
    await sim.settle()
    expect(new Set(clients.map(client => client.connection)).size).toBe(1)
    expect(twin.connection).not.toBe(clients[0]?.connection)
    expect(sim.sockets.length).toBe(2)
    const order = sim.saidOf('open').slice(0, 40)
    expect(order.length).toBe(40)
    for (const client of clients) text(client.doc).insert(0, 'x')
    await sim.settle()
    expect(clients.every(client => client.saving.kind === 'saved')).toBe(true)
    await sim.cut()
    sim.said.length = 0
    await sim.restore()
    const reopened = sim.saidOf('open').flatMap(message => clients.filter(client => client.roomname === message.doc))
    const priorities = reopened.slice(0, 40).map(client => client.configuration.priority ?? 0)
    expect(priorities.filter((priority, i) => priority > (priorities[i - 1] ?? 9)).length).toBeLessThanOrEqual(1)
  })

  it('[CLI15] the token is asked for at every attempt, and is in no address and in no error', async () => {
    const sim = new Simulation()
    let count = 0
    const told: unknown[] = []
    const ann = sim.client('song', {
      token: () => {
        if (count++ === 1) throw new Error('no session')
        return `secret-${count}`
      },
    })
    ann.on('connection-error', event => told.push(event))
    await sim.settle()
    await sim.cut()
    await sim.restore()
    expect(count).toBeGreaterThan(2)
    expect(sim.saidOf('hello').map(hello => hello.token)).toContain(`secret-${count}`)
    expect(sim.urls.join()).not.toContain('secret')
    expect(String(told)).not.toContain('secret')
    expect(ann.saving.kind).toBe('saved')
  })

  it('[ACC8] a token that is about to end is followed by a newer one: nothing is interrupted, for as long as there are some', async () => {
    let isOver = false
    const authorize: Authorize = {
      identify: token => {
        const moment = Number(token.slice('until '.length))
        return moment > sim.world.env.clock.now() ? { subject: 'ann', expiresAt: moment } : null
      },
      permit: () => 'write',
      isSteady: true,
    }
    const sim = new Simulation({ authorize })
    let count = 0
    const states: string[] = []
    const ann = sim.client('song', {
      token: () => {
        if (!isOver) count++
        return `until ${sim.world.env.clock.now() + (isOver ? 0 : 60_000)}`
      },
    })
    await sim.settle()
    ann.on('status', ({ status }) => states.push(status))
    for (let i = 0; i < 5; i++) {
      await sim.pass(60_000)
      text(ann.doc).insert(0, `${i}`)
      await sim.settle()
    }
    expect(sim.saidOf('hello')).toHaveLength(1)
    expect(sim.saidOf('auth').length).toBe(count - 1)
    expect(count).toBeGreaterThan(5)
    expect(states).toEqual([])
    expect(ann.saving.kind).toBe('saved')
    isOver = true
    await sim.pass(70_000)
    expect(ann.status).toBe('disconnected')
    // One attempt with a fresh token, which is over, too.
    expect(sim.saidOf('hello')).toHaveLength(2)
  })

  it('[CLI19] closed for good: told with code and reason, not tried again until connect()', async () => {
    const sim = new Simulation()
    sim.refuseWith = { code: 4403, reason: 'not for you' }
    const ann = sim.client('song')
    const closed: unknown[] = []
    ann.on('closed', event => closed.push(event))
    await sim.pass(60_000)
    expect(closed).toEqual([{ code: 4403, reason: 'not for you' }])
    expect(sim.urls.length).toBe(1)
    expect(ann.saving).toMatchObject({ kind: 'ended', code: 4403, reason: 'not for you' })
    sim.refuseWith = null
    ann.connect()
    await sim.settle()
    expect(ann.saving.kind).toBe('saved')
  })

  it('[CON7] something is said at least every beat, and silence ends a connection', async () => {
    const sim = new Simulation()
    const ann = sim.client('song')
    await sim.settle()
    sim.said.length = 0
    sim.isSilent = true
    await sim.pass(50_000)
    expect(sim.saidOf('beat').length).toBeGreaterThanOrEqual(2)
    expect(ann.wsconnected).toBe(true)
    await sim.pass(20_000)
    expect(sim.urls.length).toBe(2)
  })
})
