import { migrate, openTyped, validate } from '@tutti/core/typed'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { setlist } from './typed-define.ts'
import { finding, next, observing, open, refused, watching, writing } from './typed-documents.ts'

// What `docs/typed-documents.md` shows is what runs here.

let said: unknown[][] = []

beforeEach(() => {
  said = []
  vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void said.push(words))
})

afterEach(() => vi.restoreAllMocks())

test('a setlist is written and read', () => {
  const doc = new Y.Doc()
  const drawn: string[] = []
  const stop = observing(doc, id => drawn.push(id))
  writing(doc)
  stop()
  expect(said).toEqual([
    ['Wayfaring Stranger', 76],
    ['When the Saints', 168],
  ])
  expect(drawn).toHaveLength(5)
  expect(openTyped(setlist, doc).fields.songs.list()[0]?.notes?.toString()).toBe('Softly. Capo 2.')
})

test('a write that does not comply is refused', () => {
  refused(new Y.Doc(), -1)
  expect(said).toEqual([
    ['invalid'],
    [[expect.stringMatching(/^\/songs\/\w+\/title$/), expect.stringMatching(/^\/songs\/\w+\/tempo$/)]],
  ])
})

test('what others wrote is reported', () => {
  const doc = new Y.Doc()
  openTyped(setlist, doc).fields.songs.add({ title: 'A' }, 'last', 'abc')
  const song = doc.getMap<Y.Map<unknown>>('songs').get('abc')
  song?.set('tempo', 'fast')
  finding(doc)
  expect(said).toEqual([['/songs/abc/tempo: Invalid input: expected number, received string']])
})

test('a document is brought up to date, and older apps are told', () => {
  const doc = new Y.Doc()
  expect(open(doc)).toBe('Ready')
  openTyped(setlist, doc).fields.songs.add({ title: 'A', tempo: 90 }, 'last', 'abc')
  const shown: string[] = []
  const stop = watching(doc, text => shown.push(text))
  expect(open(doc)).toBe('Brought up to date')
  stop()
  expect(doc.getMap('songs').toJSON()).toMatchObject({ abc: { bpm: 90 } })
  expect(shown).toEqual(['Reload to edit'])
  expect(validate(next, doc)).toEqual([])
  expect(openTyped(setlist, doc).kind).toBe('from-the-future')
  const before = Y.encodeStateAsUpdate(doc)
  migrate(next, doc, { from: 1 })
  expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
  doc.getMap('tutti:schema').set('version', 9)
  expect(open(doc)).toMatch('Reload')
  doc.getMap('tutti:schema').set('type', 'invoice')
  expect(open(doc)).toMatch('invoice')
})
