import { readContent, Replica, type SeededRandom, seededRandom } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { scaled } from '../support/scale.ts'
import { GateUnderTest } from './gate-under-test.ts'
import { isPending, loaded, vectorOf, words } from './targets/yjs-document.ts'

// Yjs is the judge of the judge: what the gate takes a real document integrates as a whole, what it leaves would have
// stayed pending, and the states after are equal.

const seeds = Array.from({ length: scaled(40, 500) }, (_, i) => i + 1)

/** Three authors who edit, and hear of each other now and then. */
class Authors {
  readonly replicas: readonly Replica[]
  /** Every edit in the order it was made. */
  readonly edits: Uint8Array[] = []
  readonly #random: SeededRandom

  constructor(seed: number, random: SeededRandom) {
    this.#random = random
    this.replicas = [1, 2, 3].map(n => new Replica(seed * 10 + n))
  }

  work(): void {
    const replica = this.#random.pick(this.replicas)
    replica.edit(this.#random)
    this.edits.push(...replica.outbox.splice(0))
    if (this.#random.chance(0.3)) {
      const other = this.#random.pick(this.replicas)
      replica.receive(Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(replica.doc)))
    }
  }

  /** Something a client might send: in order or not, once or again, one edit or many, with holes or without. */
  message(): Uint8Array {
    const random = this.#random
    const { edits } = this
    const { doc } = random.pick(this.replicas)
    const from = random.int(edits.length)
    switch (random.int(7)) {
      case 0:
        return edits[from] as Uint8Array
      case 1:
        return edits[edits.length - 1] as Uint8Array
      case 2:
        return Y.mergeUpdates(edits.slice(from, from + 1 + random.int(12)))
      case 3:
        return Y.mergeUpdates(edits.filter(() => random.chance(0.2)).concat(edits[from] as Uint8Array))
      case 4:
        return Y.encodeStateAsUpdate(doc)
      case 5:
        return Y.encodeStateAsUpdate(doc, this.#vector(doc))
      default:
        return Y.diffUpdate(Y.encodeStateAsUpdate(doc), this.#vector(doc))
    }
  }

  /** A state vector that is stale, ahead, or cuts through structs. */
  #vector(doc: Y.Doc): Uint8Array {
    const random = this.#random
    const clocks = vectorOf(doc).flatMap(([client, clock]): [number, number][] =>
      random.chance(0.3) ? [] : [[client, random.chance(0.5) ? clock : random.int(clock + 1)]],
    )
    return Y.encodeStateVector(new Map(clocks))
  }
}

describe('beside a real document', () => {
  test('[UPD9] the gate takes what Yjs integrates, leaves what Yjs would keep pending, and ends where Yjs ends', () => {
    const verdicts = { new: 0, known: 0, refused: 0, part: 0 }
    for (const seed of seeds) {
      const random = seededRandom(seed)
      const authors = new Authors(seed, random)
      const gate = new GateUnderTest()
      const yjs = new Y.Doc()
      for (let step = 0; step < 60; step++) {
        authors.work()
        if (authors.edits.length === 0) continue
        const message = authors.message()
        const takePart = random.chance(0.3)
        const where = `seed ${seed} step ${step}`
        const before = Y.encodeStateAsUpdate(yjs)
        const verdict = gate.offer(message, { takePart })
        verdicts[verdict.kind]++
        if (verdict.kind === 'known') {
          const same = loaded(before, message)
          expect(isPending(same), where).toBe(false)
          expect(vectorOf(same), where).toEqual(vectorOf(yjs))
        } else if (verdict.kind === 'new') {
          Y.applyUpdate(yjs, message)
          expect(isPending(yjs), where).toBe(false)
        } else {
          const failure = verdict.failure
          expect(failure.code, `${where}: ${failure.message}`).toBe('missing-dependencies')
          const theirs = loaded(before, message)
          expect(isPending(theirs), where).toBe(true)
          if (verdict.kind === 'refused') continue
          const part = gate.offer(verdict.bytes)
          expect(['new', 'known'], where).toContain(part.kind)
          Y.applyUpdate(yjs, verdict.bytes)
          expect(isPending(yjs), where).toBe(false)
          expect(vectorOf(yjs), where).toEqual(vectorOf(theirs))
          expect(words(yjs), where).toEqual(words(theirs))
        }
        expect(
          [...gate.state.durable.stateVector()].sort(([a], [b]) => a - b),
          where,
        ).toEqual(vectorOf(yjs))
      }
      const state = loaded(gate.state.durable.diff())
      expect(isPending(state), `seed ${seed}`).toBe(false)
      expect(words(state), `seed ${seed}`).toEqual(words(yjs))
      expect(words(loaded(...gate.log)), `seed ${seed}`).toEqual(words(yjs))
      expect(readContent(state), `seed ${seed}`).toEqual(readContent(loaded(Y.mergeUpdates(gate.log))))
      for (const [client, ranges] of gate.state.durable.deleted.entries()) {
        const theirs = Y.createDeleteSetFromStructStore(yjs.store)
        for (let i = 0; i < ranges.length; i += 2) {
          expect(Y.isDeleted(theirs, Y.createID(client, ranges[i] as number)), `seed ${seed}`).toBe(true)
        }
      }
      // Everything at last: nothing was lost on the way.
      const all = loaded(...authors.edits)
      gate.offer(Y.encodeStateAsUpdate(all))
      expect(words(loaded(gate.state.durable.diff())), `seed ${seed}`).toEqual(words(all))
    }
    for (const [kind, count] of Object.entries(verdicts)) expect(count, kind).toBeGreaterThan(seeds.length)
  }, 600_000)
})
