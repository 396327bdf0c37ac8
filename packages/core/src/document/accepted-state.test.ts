import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { readContent } from '../testing/read-content.ts'
import { craftText, craftType, craftUpdate } from '../testing/craft-update.ts'
import { Replica } from '../testing/replica.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { AcceptedState } from './accepted-state.ts'
import { judge } from './gate.ts'
import type { AcceptedUpdate } from './known-state.ts'
import { wireLimits } from './limits.ts'
import { scanUpdate } from './scan.ts'

function accept(state: AcceptedState, bytes: Uint8Array): AcceptedUpdate | null {
  const scan = scanUpdate(bytes, wireLimits)
  if (!scan.ok) throw new Error(scan.error.message)
  const verdict = judge(state, scan.value, { limits: wireLimits, mayExtend: () => true, takePart: false })
  if (verdict.kind !== 'new') return null
  state.accept(verdict.update)
  return verdict.update
}

describe('what waits for the disk', () => {
  test('[DOC10] counts for the gate, is shown to nobody, and is gone when it is forgotten', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed)
      const author = new Replica(seed)
      const state = new AcceptedState()
      const written: Uint8Array[] = []
      let hasForgotten = false
      let waiting: { update: AcceptedUpdate; bytes: Uint8Array }[] = []
      for (let i = 0; i < 60; i++) {
        author.edit(random)
        for (const bytes of author.outbox.splice(0)) {
          // What was forgotten comes again first, as a returning client would bring it.
          const update = accept(state, hasForgotten ? Y.encodeStateAsUpdate(author.doc) : bytes)
          hasForgotten = false
          if (update !== null) waiting.push({ update, bytes: update.scan.bytes })
        }
        if (!hasForgotten) expect(state.clock(seed), `seed ${seed}`).toBe(Y.getState(author.doc.store, seed))
        expect(state.clientCount).toBe(state.clock(seed) > 0 ? 1 : 0)
        const step = random.int(4)
        if (step === 0) {
          for (const { update, bytes } of waiting.splice(0, 1 + random.int(3))) {
            state.settle(update)
            written.push(bytes)
          }
        } else if (step === 1 && random.chance(0.3)) {
          state.forget()
          waiting = []
          hasForgotten = true
          expect(state.clock(seed)).toBe(state.durable.clock(seed))
          expect(state.clientCount).toBe(state.durable.clientCount)
        }
        const shown = new Y.Doc()
        Y.applyUpdate(shown, state.durable.diff())
        const stored = new Y.Doc()
        for (const bytes of written) Y.applyUpdate(stored, bytes)
        expect(shown.store.pendingStructs).toBeNull()
        expect(readContent(shown), `seed ${seed}`).toEqual(readContent(stored))
      }
    }
  })

  test('[DOC10] a new client is counted once, from its first edit on', () => {
    const state = new AcceptedState()
    const updates = [0, 1, 2].map(clock =>
      accept(
        state,
        craftUpdate([{ client: 5, clock, structs: [craftText('x', clock === 0 ? {} : { origin: [5, clock - 1] })] }]),
      ),
    )
    expect(state.clientCount).toBe(1)
    for (const update of updates) {
      state.settle(update as AcceptedUpdate)
      expect(state.clientCount).toBe(1)
    }
    expect(state.durable.clientCount).toBe(1)
    accept(state, craftUpdate([{ client: 6, clock: 0, structs: [craftText('y')] }]))
    expect(state.clientCount).toBe(2)
    state.forget()
    expect(state.clientCount).toBe(1)
  })

  test('[DOC10] depths are known before and after, and while one of two is written', () => {
    const state = new AcceptedState()
    const first = accept(
      state,
      craftUpdate([{ client: 5, clock: 0, structs: [craftType(1), craftType(1, { parent: [5, 0], key: 'a' })] }]),
    )
    const second = accept(
      state,
      craftUpdate([{ client: 5, clock: 2, structs: [craftType(1, { parent: [5, 1], key: 'a' }), craftType(1)] }]),
    )
    const depths = () => [0, 1, 2, 3].map(clock => state.depthAt(5, clock))
    expect(depths()).toEqual([1, 2, 3, 1])
    state.settle(first as AcceptedUpdate)
    expect(depths()).toEqual([1, 2, 3, 1])
    state.settle(second as AcceptedUpdate)
    expect(depths()).toEqual([1, 2, 3, 1])
  })
})
