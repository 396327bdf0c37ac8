import { expect, it } from 'vitest'
import * as Y from 'yjs'
import { type ClockRange, readClockRange } from './clocks.ts'
import { deletion, rewriting } from './rewriter.ts'
import { stateVectorOf, textName, typedState, typedText, Typist } from './typist.ts'

const author = 0x7a3b_19c5

it('what is typed by hand is what Yjs would have typed', () => {
  const typist = new Typist(author)
  const doc = new Y.Doc()
  for (let stroke = 0; stroke < 300; stroke += 1) Y.applyUpdate(doc, typist.next())
  expect(doc.getText(textName).toString()).toBe(typedText(300))
  expect(doc.store.pendingStructs).toBeNull()
  expect(Y.encodeStateVector(doc)).toEqual(Uint8Array.from(stateVectorOf(author, 300)))
  const whole = new Y.Doc()
  Y.applyUpdate(whole, typedState(author, 300))
  expect(Y.encodeStateAsUpdate(whole)).toEqual(Y.encodeStateAsUpdate(doc))
})

it('clocks are read as Yjs reads them, of one keystroke, of many merged, of deletions', () => {
  const typist = new Typist(author)
  const updates = Array.from({ length: 50 }, () => typist.next())
  const range: ClockRange = { from: 0, to: 0 }
  const read = (update: Uint8Array): [number, number] => {
    readClockRange(range, Buffer.from(update), 0, update.length, author)
    return [range.from, range.to]
  }
  updates.forEach((update, stroke) => expect(read(update)).toEqual([stroke, stroke + 1]))
  expect(read(Y.mergeUpdates(updates.slice(10, 30)))).toEqual([10, 30])
  expect(read(typedState(author, 50))).toEqual([0, 50])
  expect(read(deletion(author, 7))).toEqual([-1, -1])
  expect(read(typedState(author + 1, 5))).toEqual([-1, -1])
})

it('who takes back what was typed leaves nothing but history', () => {
  const feed = rewriting('d', author, 200)
  const doc = new Y.Doc()
  for (let index = 0; index < feed.count; index += 1) {
    Y.applyUpdate(doc, feed.update(index))
    expect(Y.getState(doc.store, author)).toBe(feed.clockAfter(index))
  }
  expect(doc.getText(textName)).toHaveLength(0)
  expect(doc.store.pendingStructs).toBeNull()
})
