import { foldUpdate } from '@tutti/core'
import { Replica, type SeededRandom, seededRandom } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { scaled } from '../support/scale.ts'
import { GateUnderTest } from './gate-under-test.ts'
import { mutated } from './engine/mutate.ts'
import { anyUpdate, seedsOf } from './hostile-bytes.ts'

const inputs = scaled(6_000, 60_000)
/** One small input may take this long, whatever it says: anything quadratic would be far above. */
const longestMs = 50

/** How long it takes when nothing else gets in between: a slow run is given more chances. */
function shortest(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5 && best > longestMs / 10; run++) {
    const from = performance.now()
    work()
    best = Math.min(best, performance.now() - from)
  }
  return best
}

function history(random: SeededRandom) {
  const replicas = [1, 2, 3].map(n => new Replica(n))
  const edits: Uint8Array[] = []
  for (let i = 0; i < 25; i++) {
    const replica = random.pick(replicas)
    replica.edit(random)
    const made = replica.outbox.splice(0)
    edits.push(...made)
    for (const other of replicas) if (other !== replica) for (const edit of made) other.receive(edit)
  }
  return { doc: (replicas[0] as Replica).doc, edits }
}

describe('updates', () => {
  test('[UPD1] [UPD2] [UPD7] [UPD9] whatever comes, what is stored loads in a real document and can be written again', () => {
    const perSeed = 200
    const counts: Record<string, number> = {}
    let slowest = 0
    for (let seed = 1; seed <= inputs / perSeed; seed++) {
      const random = seededRandom(seed)
      const { doc, edits } = history(random)
      const valid = seedsOf(doc, edits)
      const gate = new GateUnderTest()
      for (const edit of edits) gate.offer(edit)
      const yjs = new Y.Doc()
      for (const edit of gate.log) Y.applyUpdate(yjs, edit)
      for (let i = 0; i < perSeed; i++) {
        const kind = random.int(10)
        const bytes =
          kind < 1
            ? random.bytes(random.int(60))
            : kind < 5
              ? mutated(random.pick(valid), random)
              : kind < 9
                ? anyUpdate(gate.state.durable.stateVector(), random)
                : mutated(anyUpdate(gate.state.durable.stateVector(), random), random)
        const where = `seed ${seed} input ${i}`
        const takePart = random.chance(0.3)
        slowest = Math.max(
          slowest,
          shortest(() => gate.judge(bytes, { takePart })),
        )
        let verdict = gate.offer(bytes, { takePart })
        if (verdict.kind === 'part') verdict = gate.offer(verdict.bytes)
        const name = verdict.kind === 'refused' ? verdict.failure.code : verdict.kind
        counts[name] = (counts[name] ?? 0) + 1
        if (verdict.kind !== 'new') continue
        Y.applyUpdate(yjs, gate.log[gate.log.length - 1] as Uint8Array)
        expect(yjs.store.pendingStructs, where).toBeNull()
        expect(yjs.store.pendingDs, where).toBeNull()
        expect(Y.decodeStateVector(Y.encodeStateVector(yjs)), where).toEqual(gate.state.durable.stateVector())
      }
      const late = new Y.Doc()
      Y.applyUpdate(late, gate.state.durable.diff())
      expect(late.store.pendingStructs, `seed ${seed}`).toBeNull()
      expect(late.store.pendingDs, `seed ${seed}`).toBeNull()
      for (const loaded of [yjs, late]) expect(() => Y.encodeStateAsUpdate(loaded), `seed ${seed}`).not.toThrow()
      const folded = foldUpdate(gate.state.durable.diff())
      expect(() => foldUpdate(folded.bytes), `seed ${seed}`).not.toThrow()
    }
    for (const name of ['new', 'known', 'malformed', 'missing-dependencies', 'over-limit']) {
      expect(counts[name], `${name} of ${JSON.stringify(counts)}`).toBeGreaterThan(inputs / 500)
    }
    expect(slowest).toBeLessThan(longestMs)
  }, 900_000)
})
