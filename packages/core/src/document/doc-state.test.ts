import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { concatBytes, equalBytes } from '../base/bytes.ts'
import { readContent as content } from '../testing/read-content.ts'
import { Replica } from '../testing/replica.ts'
import { type SeededRandom, seededRandom } from '../testing/seeded-random.ts'
import { AcceptedState } from './accepted-state.ts'
import { judge } from './gate.ts'
import { wireLimits } from './limits.ts'
import { type ScannedUpdate, scanUpdate } from './scan.ts'
import { spliceUpdates } from './splice.ts'
import { UpdateSplicer } from './update-splicer.ts'

const options = { limits: wireLimits, mayExtend: () => true, takePart: false }

function scanned(bytes: Uint8Array): ScannedUpdate {
  const scan = scanUpdate(bytes, wireLimits)
  if (!scan.ok) throw new Error(scan.error.message)
  return scan.value
}

/** Several replicas edit, exchange what they like, and tell one server: the server's accepted log and state. */
function session(seed: number, random: SeededRandom, edits: number) {
  const replicas = [1, 2, 3].map(n => new Replica(seed * 10 + n))
  const state = new AcceptedState()
  const log: Uint8Array[] = []
  const seen = replicas.map(() => 0)
  for (let i = 0; i < edits; i++) {
    const who = random.int(3)
    const replica = replicas[who] as Replica
    replica.edit(random)
    if (random.chance(0.4)) sync(who)
  }
  for (const who of [0, 1, 2, 0, 1, 2]) sync(who)
  return { replicas, state, log }

  function sync(who: number) {
    const replica = replicas[who] as Replica
    const outbox = replica.outbox.splice(0)
    const updates =
      outbox.length > 1 && random.chance(0.3)
        ? [Y.mergeUpdates(outbox)]
        : random.chance(0.1)
          ? [Y.encodeStateAsUpdate(replica.doc)]
          : outbox
    for (const bytes of updates) {
      const verdict = judge(state, scanned(bytes), options)
      if (verdict.kind === 'known') continue
      if (verdict.kind !== 'new') throw new Error(`seed ${seed}: ${JSON.stringify(verdict)}`)
      state.accept(verdict.update)
      if (random.chance(0.5)) state.settle(verdict.update)
      else {
        state.forget()
        const again = judge(state, scanned(bytes), options)
        if (again.kind !== 'new') throw new Error('a forgotten update is new again')
        state.accept(again.update)
        state.settle(again.update)
      }
      log.push(bytes)
    }
    for (; (seen[who] as number) < log.length; seen[who] = (seen[who] as number) + 1) {
      replica.receive(log[seen[who] as number] as Uint8Array)
    }
  }
}

function loaded(...updates: Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  expect(doc.store.pendingStructs).toBeNull()
  expect(doc.store.pendingDs).toBeNull()
  return doc
}

const seeds = Array.from({ length: process.env.TUTTI_SCALE === 'ci' ? 400 : 60 }, (_, i) => i + 1)

describe('a document without a Y.Doc', () => {
  test('[DOC1] the spliced state reads exactly as the replicas do', () => {
    for (const seed of seeds) {
      const { replicas, state } = session(seed, seededRandom(seed), 60)
      const whole = loaded(state.durable.diff())
      expect(content(whole), `seed ${seed}`).toEqual(content((replicas[0] as Replica).doc))
      expect(Y.decodeStateVector(state.durable.encodeStateVector())).toEqual(
        Y.decodeStateVector(Y.encodeStateVector(whole)),
      )
    }
  })

  test('[DOC2] a diff holds exactly the structs that a state vector lacks', () => {
    for (const seed of seeds) {
      const random = seededRandom(seed)
      const { state, log } = session(seed, random, 50)
      const partial = loaded(...log.slice(0, random.int(log.length)))
      const known = Y.decodeStateVector(Y.encodeStateVector(partial))
      const diff = state.durable.diff(known)
      for (const section of scanned(diff).sections) {
        const first = scanned(diff).structs[section.first * 13] as number
        expect(first, `seed ${seed}`).toBe(known.get(section.client) ?? 0)
      }
      Y.applyUpdate(partial, diff)
      expect(partial.store.pendingStructs).toBeNull()
      expect(content(partial), `seed ${seed}`).toEqual(content(loaded(state.durable.diff())))
    }
  })

  test('[DOC3] any clock may be asked for, also in the middle of a struct', () => {
    for (const seed of seeds.slice(0, 20)) {
      const random = seededRandom(seed)
      const { state } = session(seed, random, 40)
      const whole = loaded(state.durable.diff())
      const vector = new Map([...state.durable.stateVector()].map(([client, clock]) => [client, random.int(clock + 1)]))
      const known = loaded()
      const base = Y.diffUpdate(Y.encodeStateAsUpdate(whole), Y.encodeStateVector(new Map()))
      Y.applyUpdate(known, base)
      const rest = scanned(state.durable.diff(vector))
      for (const section of rest.sections) {
        expect(rest.structs[section.first * 13]).toBe(vector.get(section.client))
      }
      Y.applyUpdate(known, state.durable.diff(vector))
      expect(content(known)).toEqual(content(whole))
    }
  })

  test('[DOC5] the digest is that of a Y.Doc with the same structs and deletions, in any order of learning', async () => {
    const { docDigest } = await import('./doc-digest.ts')
    for (const seed of seeds) {
      const { state } = session(seed, seededRandom(seed), 40)
      const doc = loaded(state.durable.diff())
      const healed = new AcceptedState()
      const verdict = judge(healed, scanned(Y.encodeStateAsUpdate(doc)), options)
      if (verdict.kind === 'new') healed.settle(verdict.update)
      expect(docDigest(doc), `seed ${seed}`).toBe(healed.durable.digest())
    }
  })

  test('[DOC6] entries that follow each other are spliced into one update that says the same', () => {
    for (const seed of seeds) {
      const random = seededRandom(seed)
      const { log } = session(seed, random, 60)
      const from = random.int(log.length)
      const to = from + random.int(log.length - from + 1)
      const before = loaded(...log.slice(0, from))
      const apart = loaded(...log.slice(0, to))
      Y.applyUpdate(before, spliceUpdates(log.slice(from, to).map(scanned)))
      expect(before.store.pendingStructs).toBeNull()
      expect(content(before), `seed ${seed}`).toEqual(content(apart))
    }
  })

  test('[DOC6] and read on the way, they are the same update, byte for byte', () => {
    for (const seed of seeds) {
      const random = seededRandom(seed)
      const { log } = session(seed, random, 60)
      const from = random.int(log.length)
      const part = log.slice(from, from + 1 + random.int(log.length - from))
      // As they lie in a record: something before each, and something behind.
      const record = concatBytes(part.flatMap(bytes => [Uint8Array.of(255, 1), bytes]))
      const splicer = new UpdateSplicer()
      let at = 0
      for (const { length } of part) {
        at += 2
        expect(splicer.add(record, at, at + length)).toBe(true)
        at += length
      }
      expect(splicer.encode(), `seed ${seed}`).toEqual(spliceUpdates(part.map(scanned)))
    }
  })

  test('[DOC6] typing here and there is, too, whatever is typed', () => {
    for (const seed of seeds) {
      const random = seededRandom(seed)
      const doc = new Y.Doc()
      doc.clientID = random.chance(0.5) ? 7 : 0xf000_0000 + seed
      const log: Uint8Array[] = []
      doc.on('update', (bytes: Uint8Array) => log.push(bytes))
      const text = doc.getText('t')
      for (let at = 0, i = 0; i < 400; i++) {
        if (random.chance(0.05)) at = random.int(text.length + 1)
        if (at > 0 && random.chance(0.1)) text.delete(--at, 1)
        else {
          const typed = random.chance(0.1) ? '𝄞é' : 'x'.repeat(random.chance(0.01) ? 9_000 : 1)
          text.insert(at, typed, random.chance(0.05) ? { bold: true } : undefined)
          at += typed.length
        }
      }
      const splicer = new UpdateSplicer()
      for (const bytes of log) expect(splicer.add(bytes, 0, bytes.length)).toBe(true)
      const spliced = splicer.encode()
      expect(equalBytes(spliced, spliceUpdates(log.map(scanned))), `seed ${seed}`).toBe(true)
      expect(loaded(spliced).getText('t').toString()).toBe(text.toString())
    }
  })

  test('[DOC6] what cannot be read is not spliced', () => {
    const { log } = session(1, seededRandom(1), 60)
    for (const bytes of log) {
      const random = seededRandom(bytes.length)
      expect(new UpdateSplicer().add(bytes, 0, random.int(bytes.length))).toBe(false)
      expect(new UpdateSplicer().add(concatBytes([bytes, Uint8Array.of(0)]), 0, bytes.length + 1)).toBe(false)
    }
  })

  test('[DOC4] keystrokes that continue each other are held as one struct', () => {
    const doc = new Y.Doc()
    doc.clientID = 7
    const state = new AcceptedState()
    doc.on('update', (bytes: Uint8Array) => {
      const verdict = judge(state, scanned(bytes), options)
      if (verdict.kind !== 'new') throw new Error(verdict.kind)
      state.accept(verdict.update)
      state.settle(verdict.update)
    })
    for (let i = 0; i < 5000; i++) doc.getText('t').insert(doc.getText('t').length, i % 50 === 49 ? '𝄞é' : 'x')
    expect(scanned(state.durable.diff()).structs.length / 13).toBeLessThan(5)
    expect(loaded(state.durable.diff()).getText('t').toString()).toBe(doc.getText('t').toString())
  })
})
