import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { equalBytes } from '../base/bytes.ts'
import {
  type CraftedId,
  craftAny,
  craftEmbed,
  craftGc,
  craftItem,
  craftSkip,
  craftText,
  craftType,
  craftUpdate,
} from '../testing/craft-update.ts'
import { Replica } from '../testing/replica.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { AcceptedState } from './accepted-state.ts'
import { type GateOptions, judge, type Verdict } from './gate.ts'
import { forbiddenNames, type UpdateLimits, wireLimits } from './limits.ts'
import { field, scanUpdate, structStride } from './scan.ts'

const ana = 1
const ben = 2

/** A document behind the gate, as a room keeps it. */
class Guarded {
  readonly state = new AcceptedState()
  readonly log: Uint8Array[] = []
  options: GateOptions = { limits: wireLimits, mayExtend: () => true, takePart: false }

  /** What the gate says, with everything it accepted stored; a refusal must leave no trace. */
  offer(bytes: Uint8Array): string {
    const before = this.state.durable.diff()
    const verdict = this.judge(bytes)
    if (verdict.kind === 'new') {
      this.state.accept(verdict.update)
      this.state.settle(verdict.update)
      this.log.push(verdict.update.scan.bytes)
    } else if (!equalBytes(before, this.state.durable.diff())) throw new Error('a trace was left')
    return verdict.kind === 'refused' ? verdict.failure.code : verdict.kind
  }

  judge(bytes: Uint8Array): Verdict {
    const scan = scanUpdate(bytes, this.options.limits)
    if (!scan.ok) return { kind: 'refused', failure: scan.error }
    return judge(this.state, scan.value, this.options)
  }

  /** A replica that reads the log entry by entry, and one that reads the state at once. */
  replicas(): readonly [Y.Doc, Y.Doc] {
    const late = new Y.Doc()
    Y.applyUpdate(late, this.state.durable.diff())
    const live = new Y.Doc()
    for (const bytes of this.log) Y.applyUpdate(live, bytes)
    for (const doc of [late, live]) {
      expect(doc.store.pendingStructs).toBeNull()
      expect(doc.store.pendingDs).toBeNull()
    }
    return [late, live]
  }
}

function guarded(...updates: Uint8Array[]): Guarded {
  const doc = new Guarded()
  for (const bytes of updates) expect(doc.offer(bytes)).toBe('new')
  return doc
}

function one(client: number, clock: number, ...structs: Uint8Array[]): Uint8Array {
  return craftUpdate([{ client, clock, structs }])
}

/** `depth` maps in each other, the last one holding nothing. */
function nest(client: number, clock: number, depth: number, inside: CraftedId | null = null): Uint8Array {
  const structs: Uint8Array[] = []
  for (let i = 0; i < depth; i++) {
    const parent = i === 0 ? (inside ?? 't') : ([client, clock + i - 1] as const)
    structs.push(craftType(1, { parent, key: 'k' }))
  }
  return one(client, clock, ...structs)
}

const abc = one(ana, 0, craftText('abc'))

describe('clocks', () => {
  test('[UPD3] a client goes on where it stopped: a gap is refused, what is known is not taken twice', () => {
    const doc = guarded(abc)
    expect(doc.offer(abc)).toBe('known')
    expect(doc.offer(one(ana, 4, craftText('e', { origin: [ana, 2] })))).toBe('missing-dependencies')
    expect(doc.offer(one(ana, 3, craftText('d', { origin: [ana, 2] })))).toBe('new')
    expect(doc.state.durable.clock(ana)).toBe(4)
    expect(doc.offer(one(ben, 1, craftText('x')))).toBe('missing-dependencies')
  })

  test('[UPD3] a Skip brings nothing: nobody can move the clock of another', () => {
    const doc = guarded(abc)
    const far = craftUpdate([
      { client: ana, clock: 3, structs: [craftSkip(2 ** 40)] },
      { client: ben, clock: 0, structs: [craftText('x'), craftSkip(1000)] },
    ])
    expect(doc.offer(far)).toBe('new')
    expect(doc.state.clock(ana)).toBe(3)
    expect(doc.state.clock(ben)).toBe(1)
    expect(doc.offer(one(3, 0, craftSkip(9)))).toBe('known')
    expect(doc.state.clientCount).toBe(2)
    expect(doc.offer(one(ana, 3, craftText('d', { origin: [ana, 2] })))).toBe('new')
    for (const replica of doc.replicas()) expect(replica.getText('t').toString()).toContain('abcd')
  })

  test('[UPD3] what is known is not stored again: it could say something else, and leave clients waiting', () => {
    const doc = guarded(abc)
    const lie = craftUpdate([
      { client: ana, clock: 0, structs: [craftText('abc', { origin: [99, 7] }), craftText('d', { origin: [ana, 2] })] },
    ])
    expect(doc.offer(lie)).toBe('new')
    expect(doc.log[1]?.length).toBeLessThan(lie.length)
    for (const replica of doc.replicas()) expect(replica.getText('t').toString()).toBe('abcd')
  })

  test('[UPD3] clients are stored in the order in which Yjs can merge them', () => {
    const doc = guarded(craftUpdate([3, 9, 5].map(client => ({ client, clock: 0, structs: [craftText('x')] }))))
    const more = guarded(craftUpdate([4, 9].map(client => ({ client, clock: 0, structs: [craftText('x')] }))))
    const merged = new Y.Doc()
    Y.applyUpdate(merged, Y.mergeUpdates([...doc.log, ...more.log]))
    expect(new Set(Y.decodeStateVector(Y.encodeStateVector(merged)).keys())).toEqual(new Set([3, 4, 5, 9]))
  })

  test('[UPD3] what overlaps the known is cut before it is stored, so that everybody reads the same', () => {
    const doc = guarded(nest(ana, 0, 1), one(ana, 1, craftText('ab', { parent: [ana, 0] })))
    // The same clocks, said to stand elsewhere: Yjs would believe it where it still lacks a part.
    expect(doc.offer(one(ana, 1, craftText('abXY', { parent: 'elsewhere' })))).toBe('new')
    const [late, live] = doc.replicas()
    expect(live.getMap('t').toJSON()).toEqual(late.getMap('t').toJSON())
    for (const replica of [late, live]) {
      expect(replica.getText('elsewhere').toString()).toBe('')
      expect([...Y.decodeStateVector(Y.encodeStateVector(replica))]).toEqual([[ana, 5]])
    }
    expect(doc.state.durable.depthAt(ana, 4)).toBe(2)
  })
})

describe('references', () => {
  test('[UPD4] origin, right origin and parent must be known', () => {
    const unknown: readonly CraftedId[] = [
      [ana, 3],
      [ben, 0],
      [9, 0],
    ]
    for (const id of unknown) {
      const doc = guarded(abc)
      expect(doc.offer(one(7, 0, craftText('x', { origin: id })))).toBe('missing-dependencies')
      expect(doc.offer(one(7, 0, craftText('x', { right: id })))).toBe('missing-dependencies')
      expect(doc.offer(one(7, 0, craftText('x', { origin: [ana, 0], right: id })))).toBe('missing-dependencies')
      expect(doc.offer(one(7, 0, craftText('x', { parent: id, key: 'k' })))).toBe('missing-dependencies')
    }
  })

  test('[UPD4] references across the clients of one update are followed in whatever order they stand', () => {
    // Each of 50 clients inserts after what the one before it did, back and forth twice.
    const clients = Array.from({ length: 50 }, (_, i) => 100 + i)
    const sections = clients.map((client, i) => ({
      client,
      clock: 0,
      structs: [
        craftText('a', i === 0 ? {} : { origin: [client - 1, 0] }),
        craftText('b', i === clients.length - 1 ? { origin: [client, 0] } : { origin: [client + 1, 1] }),
      ],
    }))
    for (const order of [sections, [...sections].reverse(), shuffled(sections)]) {
      const doc = guarded(craftUpdate(order))
      expect(doc.replicas()[0].getText('t').length).toBe(100)
    }
  })

  test('[UPD4] a reference to itself, to what follows, or in a circle is refused for good', () => {
    const doc = guarded(abc)
    expect(doc.offer(one(ana, 3, craftText('d', { origin: [ana, 3] })))).toBe('malformed')
    expect(doc.offer(one(ana, 3, craftText('d', { right: [ana, 9] })))).toBe('malformed')
    expect(doc.offer(one(ana, 3, craftType(1, { parent: [ana, 3], key: 'k' })))).toBe('malformed')
    const circle = craftUpdate([
      { client: 7, clock: 0, structs: [craftText('x', { origin: [8, 0] })] },
      { client: 8, clock: 0, structs: [craftText('y', { right: [9, 0] })] },
      { client: 9, clock: 0, structs: [craftText('z', { parent: [7, 0] })] },
    ])
    expect(doc.offer(circle)).toBe('malformed')
    doc.options = { ...doc.options, takePart: true }
    expect(doc.offer(circle)).toBe('malformed')
  })

  test('[UPD4] nothing stands before and behind the same place: Yjs would read it in two ways', () => {
    const doc = guarded(abc)
    for (const place of [0, 1, 2]) {
      expect(doc.offer(one(ana, 3, craftText('d', { origin: [ana, place], right: [ana, place] })))).toBe('malformed')
      expect(doc.offer(one(ben, 0, craftText('d', { origin: [ana, place], right: [ana, place] })))).toBe('malformed')
    }
  })

  test('[UPD4] an entangled update that is not a circle is taken', () => {
    const entangled = craftUpdate([
      { client: 7, clock: 0, structs: [craftText('a'), craftText('d', { origin: [8, 1] })] },
      { client: 8, clock: 0, structs: [craftText('b', { origin: [7, 0] }), craftText('c', { origin: [9, 0] })] },
      { client: 9, clock: 0, structs: [craftText('x', { origin: [8, 0] }), craftText('e', { origin: [7, 1] })] },
    ])
    expect(guarded(entangled).replicas()[0].getText('t').length).toBe(6)
  })
})

describe('taking in part', () => {
  test('[UPD5] what can be taken is taken and nothing else, and the rest when its time has come', () => {
    const base = new Replica(10)
    base.doc.getText('text').insert(0, 'base')
    const other = new Replica(11)
    other.receive(base.outbox[0] as Uint8Array)
    base.doc.getText('text').insert(4, '!')
    const mine = new Replica(12)
    for (const update of base.outbox) mine.receive(update)
    mine.doc.getMap('map').set('free', 1)
    mine.doc.getText('text').insert(5, 'on the mark')
    const everything = Y.mergeUpdates(mine.outbox)
    const doc = guarded(base.outbox[0] as Uint8Array)
    expect(doc.offer(everything)).toBe('missing-dependencies')
    doc.options = { ...doc.options, takePart: true }
    const verdict = doc.judge(everything)
    if (verdict.kind !== 'part') throw new Error(verdict.kind)
    expect(verdict.failure.code).toBe('missing-dependencies')
    expect(doc.offer(verdict.bytes)).toBe('new')
    expect(doc.replicas()[0].getMap('map').toJSON()).toEqual({ free: 1 })
    expect(doc.judge(everything).kind).toBe('part')
    expect(doc.offer(base.outbox[1] as Uint8Array)).toBe('new')
    expect(doc.offer(everything)).toBe('new')
    expect(doc.offer(everything)).toBe('known')
    expect(doc.replicas()[0].getText('text').toString()).toBe(mine.doc.getText('text').toString())
  })

  test('[UPD5] structs of somebody else are left where identity is guarded, and the own ones taken', () => {
    const doc = guarded(abc)
    doc.options = { ...doc.options, takePart: true, mayExtend: client => client !== ana }
    const both = craftUpdate([
      { client: ana, clock: 3, structs: [craftText('d', { origin: [ana, 2] })] },
      { client: ben, clock: 0, structs: [craftText('x')] },
    ])
    const verdict = doc.judge(both)
    if (verdict.kind !== 'part') throw new Error(verdict.kind)
    expect(verdict.failure.code).toBe('identity')
    expect(doc.offer(verdict.bytes)).toBe('new')
    expect(new Map(doc.state.durable.stateVector())).toEqual(
      new Map([
        [ana, 3],
        [ben, 1],
      ]),
    )
  })

  test('[UPD5] deletions are taken as far as they are known', () => {
    const doc = guarded(abc)
    doc.options = { ...doc.options, takePart: true }
    const verdict = doc.judge(craftUpdate([], [{ client: ana, ranges: [[1, 100]] }]))
    if (verdict.kind !== 'part') throw new Error(verdict.kind)
    expect(doc.offer(verdict.bytes)).toBe('new')
    expect(doc.state.durable.deleted.has(ana, 1, 2)).toBe(true)
    expect(doc.state.durable.deleted.has(ana, 3, 1)).toBe(false)
  })
})

describe('limits', () => {
  const small = (limits: Partial<UpdateLimits>): Guarded => {
    const doc = guarded(abc)
    doc.options = { ...doc.options, limits: { ...wireLimits, ...limits } }
    return doc
  }

  test('[UPD6] bytes, structs and deleted ranges of one update', () => {
    expect(small({ maxBytes: 3 }).offer(abc)).toBe('too-large')
    const two = one(ben, 0, craftText('x'), craftText('y'))
    expect(small({ maxStructs: 2 }).offer(two)).toBe('new')
    expect(small({ maxStructs: 1 }).offer(two)).toBe('over-limit')
    const ranges = [[0, 1] as const, [2, 1] as const]
    const deletes = craftUpdate([], [{ client: ana, ranges }])
    expect(small({ maxDeletes: 2 }).offer(deletes)).toBe('new')
    expect(small({ maxDeletes: 1 }).offer(deletes)).toBe('over-limit')
  })

  test('[UPD6] client ids of one update and of one document', () => {
    const three = craftUpdate([7, 8, 9].map(client => ({ client, clock: 0, structs: [craftText('x')] })))
    expect(small({ maxNewClients: 3, maxClients: 4 }).offer(three)).toBe('new')
    expect(small({ maxNewClients: 2 }).offer(three)).toBe('over-limit')
    const full = small({ maxClients: 3 })
    expect(full.offer(three)).toBe('over-limit')
    expect(full.offer(one(8, 0, craftText('x')))).toBe('new')
    expect(full.offer(one(9, 0, craftText('x')))).toBe('new')
    expect(full.offer(one(7, 0, craftText('x')))).toBe('over-limit')
    expect(full.offer(one(8, 1, craftText('x', { origin: [8, 0] })))).toBe('new')
    expect(full.offer(craftUpdate([], [{ client: 8, ranges: [[0, 1]] }]))).toBe('new')
  })

  test('[UPD6] shared types nest to the limit and no deeper, whichever way they are entered', () => {
    const { maxTypeDepth } = wireLimits
    expect(guarded().offer(nest(ana, 0, maxTypeDepth + 1))).toBe('over-limit')
    const doc = guarded(nest(ana, 0, maxTypeDepth))
    const last: CraftedId = [ana, maxTypeDepth - 1]
    expect(doc.state.durable.depthAt(...last)).toBe(maxTypeDepth)
    expect(doc.offer(nest(ben, 0, 1, last))).toBe('over-limit')
    // Beside the last: as deep as it, and no deeper.
    expect(doc.offer(one(ben, 0, craftType(1, { origin: last })))).toBe('new')
    expect(doc.offer(one(ben, 1, craftType(1, { right: last })))).toBe('new')
    expect(doc.offer(nest(7, 0, 1, [ben, 0]))).toBe('over-limit')
    expect(doc.offer(nest(7, 0, 1, [ben, 1]))).toBe('over-limit')
    // Over several updates, across clients, and with a claim about what is known already.
    expect(
      doc.offer(
        one(ana, maxTypeDepth - 1, craftType(1, { parent: 't', key: 'k' }), craftType(1, { parent: last, key: 'k' })),
      ),
    ).toBe('over-limit')
    const zigzag = Array.from({ length: maxTypeDepth + 1 }, (_, i) => 1000 + i).map((client, i) => ({
      client,
      clock: 0,
      structs: [craftType(1, { parent: i === 0 ? 't' : [client - 1, 0], key: 'k' })],
    }))
    expect(doc.offer(craftUpdate([...zigzag].reverse()))).toBe('over-limit')
    expect(doc.offer(craftUpdate(zigzag.slice(0, -1)))).toBe('new')
  })

  test('[UPD6] depths are the same after the state was read back, and while edits wait for the disk', () => {
    const { maxTypeDepth } = wireLimits
    const doc = guarded(nest(ana, 0, 50))
    const again = guarded(doc.state.durable.diff())
    const folded = guarded(Y.encodeStateAsUpdate(doc.replicas()[0]))
    const waiting = new Guarded()
    const verdict = waiting.judge(doc.state.durable.diff())
    if (verdict.kind !== 'new') throw new Error(verdict.kind)
    waiting.state.accept(verdict.update)
    for (const guard of [doc, again, folded, waiting]) {
      for (let clock = 0; clock < 50; clock++) expect(guard.state.depthAt(ana, clock)).toBe(clock + 1)
      expect(guard.judge(nest(ben, 0, maxTypeDepth - 50 + 1, [ana, 49])).kind).toBe('refused')
      expect(guard.judge(nest(ben, 0, maxTypeDepth - 50, [ana, 49])).kind).toBe('new')
    }
  })

  test('[UPD6] plain values nest to the limit and no deeper', () => {
    const arrays = (depth: number) => [...Array<number[]>(depth).fill([117, 1]).flat(), 126]
    const objects = (depth: number) => [...Array<number[]>(depth).fill([118, 1, 1, 97]).flat(), 126]
    const { maxValueDepth } = wireLimits
    for (const build of [arrays, objects]) {
      expect(guarded().offer(one(ana, 0, craftAny([Uint8Array.from(build(maxValueDepth))])))).toBe('new')
      expect(guarded().offer(one(ana, 0, craftAny([Uint8Array.from(build(maxValueDepth + 1))])))).toBe('over-limit')
    }
    const json = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    expect(guarded().offer(one(ana, 0, craftEmbed(json(maxValueDepth))))).toBe('new')
    expect(guarded().offer(one(ana, 0, craftEmbed(json(maxValueDepth + 1))))).toBe('over-limit')
    expect(guarded().offer(one(ana, 0, craftEmbed(`"${'['.repeat(500)}"`)))).toBe('new')
  })

  test('[UPD6] JSON values of one update', () => {
    const values = (count: number) => one(ana, 0, craftEmbed(`[${'1,'.repeat(count - 2)}1]`), craftEmbed('{}'))
    expect(guarded().offer(values(wireLimits.maxJsonValues - 1))).toBe('new')
    expect(guarded().offer(values(wireLimits.maxJsonValues))).toBe('over-limit')
  })

  test('[UPD6] names: their length, and those that reach into prototypes, wherever a name may stand', () => {
    const long = 'n'.repeat(wireLimits.maxNameBytes + 1)
    for (const name of [...forbiddenNames, long]) {
      const named = (kind: number, ...parts: string[]) => craftItem(kind, strings(...parts))
      const updates = [
        craftText('x', { parent: name }),
        craftText('x', { key: name }),
        named(6, name, 'true'),
        craftItem(7, Uint8Array.of(3, ...strings(name))),
        craftItem(7, Uint8Array.of(5, ...strings(name))),
        craftAny([Uint8Array.of(118, 1, ...strings(name), 126)]),
        craftAny([Uint8Array.of(117, 1, 118, 1, ...strings(name), 126)]),
        craftItem(9, Uint8Array.of(...strings('guid'), 118, 1, ...strings(name), 126)),
      ]
      for (const struct of updates) expect(guarded().offer(one(ana, 0, struct))).toBe('over-limit')
    }
    for (const name of forbiddenNames) {
      const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`
      for (const json of [`{"${name}":1}`, `[{"a":{"${escaped}":1}}]`, `{ "b":1, "${name}" :1}`]) {
        expect(guarded().offer(one(ana, 0, craftEmbed(json)))).toBe('over-limit')
      }
      expect(guarded().offer(one(ana, 0, craftEmbed(`["${name}",{"a":"${name}"}]`)))).toBe('new')
    }
  })
})

describe('deletions', () => {
  test('[UPD7] only what is known, or comes with the same update, can be deleted', () => {
    const doc = guarded(abc)
    for (const ranges of [[[0, 4]], [[3, 1]], [[2, 2 ** 40]]] as const) {
      expect(doc.offer(craftUpdate([], [{ client: ana, ranges }]))).toBe('missing-dependencies')
    }
    expect(doc.offer(craftUpdate([], [{ client: 9, ranges: [[0, 1]] }]))).toBe('missing-dependencies')
    const both = craftUpdate(
      [{ client: ben, clock: 0, structs: [craftText('xy')] }],
      [
        { client: ben, ranges: [[0, 2]] },
        { client: ana, ranges: [[0, 3]] },
      ],
    )
    expect(doc.offer(both)).toBe('new')
    expect(doc.offer(both)).toBe('known')
    expect(doc.offer(craftUpdate([], [{ client: ana, ranges: [[1, 2]] }]))).toBe('known')
    for (const replica of doc.replicas()) expect(replica.getText('t').toString()).toBe('')
  })

  test('[UPD7] a refusal leaves no trace', () => {
    const doc = guarded(abc, nest(ben, 0, 100))
    const before = doc.state.durable.diff()
    const digest = doc.state.durable.digest()
    const mixed = craftUpdate(
      [
        { client: 7, clock: 0, structs: [craftText('good'), craftGc(5)] },
        { client: 8, clock: 0, structs: [craftText('bad', { origin: [99, 0] })] },
      ],
      [{ client: ana, ranges: [[0, 2]] }],
    )
    expect(doc.offer(mixed)).toBe('missing-dependencies')
    expect(doc.state.clock(7)).toBe(0)
    expect(doc.state.clientCount).toBe(2)
    expect(equalBytes(before, doc.state.durable.diff())).toBe(true)
    expect(doc.state.durable.digest()).toBe(digest)
  })
})

describe('time', () => {
  test('[UPD1] a verdict takes time in proportion to the update, whatever refers to what', () => {
    const random = seededRandom(5)
    // Two clients that answer each other 25,000 times; and 1,000 clients that all wait for one.
    const pingPong = [7, 8].map(client => ({
      client,
      clock: 0,
      structs: Array.from({ length: 25_000 }, (_, i) =>
        craftText('x', client === 7 ? (i === 0 ? {} : { origin: [8, i - 1] }) : { origin: [7, i] }),
      ),
    }))
    const hub = Array.from({ length: 999 }, (_, i) => ({
      client: 5000 + i,
      clock: 0,
      structs: [craftText('x', { origin: [4000, i] })],
    }))
    const spoke = {
      client: 4000,
      clock: 0,
      structs: Array.from({ length: 1000 }, (_, i) => craftText('y', i === 0 ? {} : { origin: [5000 + i - 1, 0] })),
    }
    for (const sections of [pingPong, [...hub, spoke], [spoke, ...shuffled(hub, random)]]) {
      const doc = guarded()
      const update = craftUpdate(sections)
      // Time of this process alone: others share the machine.
      const from = process.cpuUsage()
      expect(doc.judge(update).kind).toBe('new')
      expect(process.cpuUsage(from).user / 1_000).toBeLessThan(2_000)
    }
  })
})

function strings(...texts: string[]): Uint8Array {
  const parts: number[] = []
  for (const text of texts) {
    const bytes = new TextEncoder().encode(text)
    if (bytes.length > 127) parts.push((bytes.length & 127) | 128, bytes.length >> 7)
    else parts.push(bytes.length)
    parts.push(...bytes)
  }
  return Uint8Array.from(parts)
}

function shuffled<T>(items: readonly T[], random = seededRandom(1)): T[] {
  const left = [...items]
  const out: T[] = []
  while (left.length > 0) out.push(...left.splice(random.int(left.length), 1))
  return out
}

test('the stride of a struct is what its fields need', () =>
  expect(Math.max(...Object.values(field)) + 1).toBe(structStride))

describe('a document that comes as a whole', () => {
  test('[UPD11] is taken in several goes, each within the limits, until nothing is left', () => {
    const random = seededRandom(11)
    const replicas = Array.from({ length: 12 }, (_, i) => new Replica(i + 1))
    for (let turn = 0; turn < 200; turn++) {
      const author = random.pick(replicas)
      author.edit(random)
      for (const update of author.outbox.splice(0)) for (const replica of replicas) replica.receive(update)
    }
    const [held] = replicas as [Replica]
    const guarded = new Guarded()
    const limits: UpdateLimits = { ...wireLimits, maxStructs: 25, maxNewClients: 2 }
    let goes = 0
    for (; goes < 100; goes++) {
      // What the holder is asked for again and again: everything the server lacks.
      const bytes = Y.encodeStateAsUpdate(held.doc, guarded.state.durable.encodeStateVector())
      const scan = scanUpdate(bytes, wireLimits)
      if (!scan.ok) throw new Error(scan.error.message)
      const verdict = judge(guarded.state, scan.value, { limits, mayExtend: () => true, takePart: true })
      if (verdict.kind !== 'part') {
        expect(guarded.offer(bytes)).toBe('new')
        break
      }
      expect(verdict.failure.code).toBe('missing-dependencies')
      const part = scanUpdate(verdict.bytes, wireLimits)
      if (!part.ok) throw new Error(part.error.message)
      expect(part.value.structs.length / structStride).toBeLessThanOrEqual(25)
      expect(guarded.offer(verdict.bytes)).toBe('new')
    }
    expect(goes).toBeGreaterThan(5)
    const read = new Y.Doc()
    Y.applyUpdate(read, guarded.state.durable.diff())
    expect(Y.encodeStateVector(read)).toEqual(Y.encodeStateVector(held.doc))
    expect(read.store.pendingStructs).toBeNull()
  })
})
