import { expect, it } from 'vitest'
import * as Y from 'yjs'
import { openSetlist, removeSong, type Song, songsOf, totalSeconds } from './model.ts'

/** Devices that start from the same setlist and are then out of each other's reach. */
function devices(count: number, letters: string): Y.Doc[] {
  const first = new Y.Doc()
  for (const title of letters) songs(first).add({ title }, 'last', title)
  return Array.from({ length: count }, () => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(first))
    return doc
  })
}

function meet(docs: readonly Y.Doc[]): void {
  for (const from of docs) for (const to of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from))
}

const songs = (doc: Y.Doc) => openSetlist(doc).songs
const all = (doc: Y.Doc): Song[] => songsOf(songs(doc))
const titles = (doc: Y.Doc): string =>
  all(doc)
    .map(song => song.title)
    .join('')

it('[SET1] a song goes where it is put, however often a place is split', () => {
  const [doc] = devices(1, 'ABCD') as [Y.Doc]
  for (let round = 0; round < 100; round++) {
    songs(doc).move('D', { index: 0 })
    expect(titles(doc)).toBe('DABC')
    songs(doc).move('D', { index: 2 })
    expect(titles(doc)).toBe('ABDC')
    songs(doc).move('A', { index: 3 })
    expect(titles(doc)).toBe('BDCA')
    songs(doc).move('C', { index: 1 })
    songs(doc).move('D', { index: 3 })
    songs(doc).move('A', { index: 0 })
    songs(doc).move('C', { before: 'D' })
    expect(titles(doc)).toBe('ABCD')
  }
})

it('[SET2] two devices that move one song at once never double it', () => {
  for (let round = 0; round < 25; round++) {
    const [one, two] = devices(2, 'ABCD') as [Y.Doc, Y.Doc]
    songs(one).move('D', { index: 0 })
    songs(two).move('D', { index: 1 })
    meet([one, two])
    expect(titles(one)).toBe(titles(two))
    expect(['DABC', 'ADBC']).toContain(titles(one))
  }
})

it('[SET2] songs moved to one place at once end up side by side, the same everywhere', () => {
  const [one, two] = devices(2, 'ABCD') as [Y.Doc, Y.Doc]
  songs(one).move('C', { index: 1 })
  songs(two).move('D', { index: 1 })
  meet([one, two])
  expect(titles(one)).toBe(titles(two))
  expect(['ACDB', 'ADCB']).toContain(titles(one))
})

it('[SET2] a song that is moved here and removed there is gone, and does not come back in half', () => {
  const [one, two] = devices(2, 'ABC') as [Y.Doc, Y.Doc]
  songs(one).move('B', { index: 0 })
  removeSong(songs(two), 'B')
  meet([one, two])
  expect([titles(one), titles(two)]).toEqual(['AC', 'AC'])
})

it('[SET2] what many devices add, move and remove at once is the same setlist everywhere', () => {
  for (let round = 0; round < 10; round++) {
    const docs = devices(4, 'ABCDEF')
    for (const [n, doc] of docs.entries()) {
      songs(doc).move(all(doc)[(round + n) % 6]?.id as string, { index: (round * n) % 6 })
      songs(doc).add({ title: `${n}` })
      songs(doc).move(all(doc).at(-1)?.id as string, { index: n })
      if (n === round % 4) removeSong(songs(doc), all(doc)[5]?.id as string)
    }
    meet(docs)
    const seen = docs.map(titles)
    expect(new Set(seen).size).toBe(1)
    expect(new Set(seen[0])).toHaveLength(seen[0]?.length ?? 0)
    expect(seen[0]).toHaveLength(9)
  }
})

it('different fields of one song can be changed at once', () => {
  const [one, two] = devices(2, 'A') as [Y.Doc, Y.Doc]
  songs(one).update('A', { key: 'F#' })
  songs(two).update('A', { tempo: 120, title: 'A' })
  all(one)[0]?.notes.insert(0, 'capo 2', { bold: true })
  meet([one, two])
  expect(all(two)[0]).toMatchObject({ title: 'A', key: 'F#', tempo: 120 })
  expect(all(two)[0]?.notes.toDelta()).toEqual([{ insert: 'capo 2', attributes: { bold: true } }])
})

it('[SET3] a removed song comes back as it was, and nothing else is undone', () => {
  const [one, two] = devices(2, 'ABC') as [Y.Doc, Y.Doc]
  songs(one).update('B', { key: 'Am' })
  all(one)[1]?.notes.insert(0, 'slowly', { italic: true })
  const undo = removeSong(songs(one), 'B')
  openSetlist(one).setlist.update({ title: 'Friday' })
  songs(one).add({ title: 'D' })
  expect(titles(one)).toBe('ACD')
  undo()
  meet([one, two])
  expect(titles(two)).toBe('ABCD')
  expect(openSetlist(two).setlist.get().title).toBe('Friday')
  expect(all(two)[1]).toMatchObject({ key: 'Am' })
  expect(all(two)[1]?.notes.toDelta()).toEqual([{ insert: 'slowly', attributes: { italic: true } }])
})

it('what is not a song is passed over', () => {
  const [doc] = devices(1, 'A') as [Y.Doc]
  const { raw } = songs(doc)
  raw.set('x', 'not a song')
  raw.set('y', new Y.Map())
  const a = raw.get('A') as Y.Map<unknown>
  a.set('tempo', 'fast')
  expect(all(doc).map(song => song.tempo)).toEqual([null])
})

it('the length of an evening says when it is a guess', () => {
  const doc = new Y.Doc()
  songs(doc).add({ title: 'A', seconds: 200 })
  expect(totalSeconds(all(doc))).toEqual({ seconds: 200, isComplete: true })
  songs(doc).add({ title: 'B' })
  expect(totalSeconds(all(doc))).toEqual({ seconds: 200, isComplete: false })
})
