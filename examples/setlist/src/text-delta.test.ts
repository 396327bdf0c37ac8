import { expect, it } from 'vitest'
import * as Y from 'yjs'
import { endOfChange, placeAfter, type Piece, spliceBetween } from './text-delta.ts'

it('a caret stays with its letter whatever others do', () => {
  for (const [change, expected] of [
    [(text: Y.Text) => text.insert(0, '123'), 8],
    [(text: Y.Text) => text.insert(5, '123'), 5],
    [(text: Y.Text) => text.insert(7, '123'), 5],
    [(text: Y.Text) => text.delete(0, 2), 3],
    [(text: Y.Text) => text.delete(3, 5), 3],
    [(text: Y.Text) => text.delete(6, 2), 5],
    [(text: Y.Text) => text.format(0, 8, { bold: true }), 5],
    [(text: Y.Text) => (text.delete(0, 1), text.insert(3, 'x'), text.delete(7, 1)), 5],
  ] as const) {
    const text = new Y.Doc().getText()
    text.insert(0, 'abcdefgh')
    let place = 5
    text.observe(event => {
      place = placeAfter(place, event.delta as Piece[])
    })
    text.doc?.transact(() => change(text))
    expect(place, change.toString()).toBe(expected)
  }
})

it('one splice leads from a text to another', () => {
  for (const [from, to, caret, expected] of [
    ['', 'a', 1, { index: 0, remove: 0, insert: 'a' }],
    ['aa', 'aaa', 1, { index: 0, remove: 0, insert: 'a' }],
    ['aa', 'aaa', 3, { index: 2, remove: 0, insert: 'a' }],
    ['abcd', 'ad', 1, { index: 1, remove: 2, insert: '' }],
    ['kafe', 'café', 4, { index: 0, remove: 4, insert: 'café' }],
    ['a😀b', 'a😁b', 3, { index: 1, remove: 2, insert: '😁' }],
    ['same', 'same', 2, null],
  ] as const) {
    expect(spliceBetween(from, to, caret)).toEqual(expected)
  }
})

it('after an undo the caret stands behind what came back', () => {
  expect(endOfChange([{ retain: 3 }, { insert: 'abc' }, { retain: 2 }])).toBe(6)
  expect(endOfChange([{ retain: 3 }, { delete: 4 }])).toBe(3)
  expect(endOfChange([{ retain: 3, attributes: { bold: true } }, { retain: 1 }])).toBe(3)
})
