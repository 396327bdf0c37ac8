import { expect, it } from 'vitest'
import * as Y from 'yjs'
import {
  addSong,
  changeSong,
  moveSong,
  removeSong,
  setTitle,
  songMaps,
  songsOf,
  titleOf,
  totalSeconds,
} from './model.ts'

/** Devices that start from the same setlist and are then out of each other's reach. */
function devices(count: number, titles: string): Y.Doc[] {
  const first = new Y.Doc()
  for (const title of titles) addSong(first, { title })
  return Array.from({ length: count }, () => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(first))
    return doc
  })
}

function meet(docs: readonly Y.Doc[]): void {
  for (const from of docs) for (const to of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from))
}

const titles = (doc: Y.Doc): string =>
  songsOf(doc)
    .map(song => song.title)
    .join('')
const idOf = (doc: Y.Doc, title: string): string => songsOf(doc).find(song => song.title === title)?.id as string

it('a song goes where it is put', () => {
  const [doc] = devices(1, 'ABCD') as [Y.Doc]
  moveSong(doc, idOf(doc, 'D'), 0)
  expect(titles(doc)).toBe('DABC')
  moveSong(doc, idOf(doc, 'D'), 2)
  expect(titles(doc)).toBe('ABDC')
  moveSong(doc, idOf(doc, 'A'), 3)
  expect(titles(doc)).toBe('BDCA')
})

it('[SET2] two devices that move one song at once never double it', () => {
  for (let round = 0; round < 25; round++) {
    const [one, two] = devices(2, 'ABCD') as [Y.Doc, Y.Doc]
    moveSong(one, idOf(one, 'D'), 0)
    moveSong(two, idOf(two, 'D'), 1)
    meet([one, two])
    expect(titles(one)).toBe(titles(two))
    expect(['DABC', 'ADBC']).toContain(titles(one))
  }
})

it('[SET2] songs moved to one place at once end up side by side, the same everywhere', () => {
  const [one, two] = devices(2, 'ABCD') as [Y.Doc, Y.Doc]
  moveSong(one, idOf(one, 'C'), 1)
  moveSong(two, idOf(two, 'D'), 1)
  meet([one, two])
  expect(titles(one)).toBe(titles(two))
  expect(['ACDB', 'ADCB']).toContain(titles(one))
})

it('[SET2] a song that is moved here and removed there is gone, and does not come back in half', () => {
  const [one, two] = devices(2, 'ABC') as [Y.Doc, Y.Doc]
  moveSong(one, idOf(one, 'B'), 0)
  removeSong(two, idOf(two, 'B'))
  meet([one, two])
  expect([titles(one), titles(two)]).toEqual(['AC', 'AC'])
})

it('[SET2] what many devices add, move and remove at once is the same setlist everywhere', () => {
  for (let round = 0; round < 10; round++) {
    const docs = devices(4, 'ABCDEF')
    for (const [n, doc] of docs.entries()) {
      moveSong(doc, songsOf(doc)[(round + n) % 6]?.id as string, (round * n) % 6)
      addSong(doc, { title: `${n}` })
      moveSong(doc, songsOf(doc).at(-1)?.id as string, n)
      if (n === round % 4) removeSong(doc, songsOf(doc)[5]?.id as string)
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
  changeSong(one, idOf(one, 'A'), { key: 'F#' })
  changeSong(two, idOf(two, 'A'), { tempo: 120, title: 'A' })
  songsOf(one)[0]?.notes.insert(0, 'capo 2', { bold: true })
  meet([one, two])
  expect(songsOf(two)[0]).toMatchObject({ title: 'A', key: 'F#', tempo: 120 })
  expect(songsOf(two)[0]?.notes.toDelta()).toEqual([{ insert: 'capo 2', attributes: { bold: true } }])
})

it('[SET3] a removed song comes back as it was, and nothing else is undone', () => {
  const [one, two] = devices(2, 'ABC') as [Y.Doc, Y.Doc]
  changeSong(one, idOf(one, 'B'), { key: 'Am' })
  songsOf(one)[1]?.notes.insert(0, 'slowly', { italic: true })
  const undo = removeSong(one, idOf(one, 'B'))
  setTitle(one, 'Friday')
  addSong(one, { title: 'D' })
  expect(titles(one)).toBe('ACD')
  undo()
  meet([one, two])
  expect(titles(two)).toBe('ABCD')
  expect(titleOf(two)).toBe('Friday')
  expect(songsOf(two)[1]).toMatchObject({ key: 'Am' })
  expect(songsOf(two)[1]?.notes.toDelta()).toEqual([{ insert: 'slowly', attributes: { italic: true } }])
})

it('what is not a song is passed over', () => {
  const [doc] = devices(1, 'A') as [Y.Doc]
  songMaps(doc).set('x', 'not a song' as never)
  songMaps(doc).set('y', new Y.Map())
  songMaps(doc).get(idOf(doc, 'A'))?.set('tempo', 'fast')
  expect(songsOf(doc).map(song => song.tempo)).toEqual([null])
})

it('the length of an evening says when it is a guess', () => {
  const doc = new Y.Doc()
  addSong(doc, { title: 'A', seconds: 200 })
  expect(totalSeconds(songsOf(doc))).toEqual({ seconds: 200, isComplete: true })
  addSong(doc, { title: 'B' })
  expect(totalSeconds(songsOf(doc))).toEqual({ seconds: 200, isComplete: false })
})
