import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { coversUpdate } from './covers-update.ts'

describe('one update beside another', () => {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  doc.getText('t').insert(0, 'one')
  doc.getText('t').insert(3, 'two')
  doc.getText('t').delete(1, 2)
  const [one, two, removal] = updates as [Uint8Array, Uint8Array, Uint8Array]

  test('[TAB5] covers itself and its parts, and nothing it lacks', () => {
    const both = Y.mergeUpdates([one, two])
    expect([coversUpdate(one, one), coversUpdate(both, one), coversUpdate(both, two)]).toEqual([true, true, true])
    expect([coversUpdate(one, two), coversUpdate(two, one), coversUpdate(one, both)]).toEqual([false, false, false])
    expect(coversUpdate(both, removal)).toBe(false)
    expect(coversUpdate(Y.mergeUpdates([one, removal]), removal)).toBe(true)
  })
})
