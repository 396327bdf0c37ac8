import fc from 'fast-check'
import { expect, expectTypeOf, it, vi } from 'vitest'
import * as Y from 'yjs'
import * as z from 'zod'
import { scaled } from '../../../../tests/support/scale.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { collection, defineDocument, type Item, openTyped, type Place, richText, RefusedWrite, text } from './index.ts'

const song = z.object({
  title: z.string().min(1),
  tempo: z.number().int().positive().nullable().default(null),
  key: z.string().optional(),
})
const songs = collection(song, { notes: text(), chart: richText() })
const setlist = defineDocument({ type: 'setlist', version: 1, fields: { songs } })

let seed = 0

function device(client: number, from?: Y.Doc): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = client
  if (from !== undefined) Y.applyUpdate(doc, Y.encodeStateAsUpdate(from))
  return doc
}

const songsIn = (doc: Y.Doc) => openTyped(setlist, doc, seededRandom(++seed)).fields.songs
const titles = (doc: Y.Doc): string =>
  songsIn(doc)
    .list()
    .map(({ title }) => title)
    .join('')

/** A setlist of songs whose ids and titles are the letters, on devices out of each other's reach. */
function devices(count: number, letters: string): Y.Doc[] {
  const first = device(1)
  for (const letter of letters) songsIn(first).add({ title: letter }, 'last', letter)
  return Array.from({ length: count }, (_, n) => device(10 + n, first))
}

function meet(docs: readonly Y.Doc[]): void {
  for (const from of docs) for (const to of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from))
}

it('[TYP2] an item goes where it is put', () => {
  const [doc] = devices(1, 'ABCD') as [Y.Doc]
  const put = (id: string, place: Place): string => (songsIn(doc).move(id, place), titles(doc))
  expect(put('D', 'first')).toBe('DABC')
  expect(put('D', { index: 2 })).toBe('ABDC')
  expect(put('A', { index: 9 })).toBe('BDCA')
  expect(put('A', { before: 'D' })).toBe('BADC')
  expect(put('B', { after: 'D' })).toBe('ADBC')
  expect(put('C', { before: 'gone' })).toBe('ADBC')
  expect(put('A', 'last')).toBe('DBCA')
  songsIn(doc).add({ title: 'E' }, { after: 'D' })
  expect(titles(doc)).toBe('DEBCA')
})

it('[TYP2] several items go in one behind the other, all of them or none', () => {
  const [doc] = devices(1, 'AZ') as [Y.Doc]
  const heard = vi.fn<() => void>()
  doc.on('update', heard)
  const ids = songsIn(doc).addAll([{ title: 'b' }, { title: 'c', notes: 'x' }, { title: 'd' }], { after: 'A' })
  expect(titles(doc)).toBe('AbcdZ')
  expect(
    songsIn(doc)
      .get(ids[1] as string)
      ?.notes?.toString(),
  ).toBe('x')
  expect(() => songsIn(doc).addAll([{ title: 'e' }, { title: '' }])).toThrow(RefusedWrite)
  expect(songsIn(doc).addAll([])).toEqual([])
  expect(heard).toHaveBeenCalledTimes(1)
})

it('[TYP2] two devices that move one item at once never double it', () => {
  for (let round = 0; round < 5; round++) {
    const [one, two] = devices(2, 'ABCD') as [Y.Doc, Y.Doc]
    songsIn(one).move('D', 'first')
    songsIn(two).move('D', { index: 1 })
    meet([one, two])
    expect(titles(one)).toBe(titles(two))
    expect(['DABC', 'ADBC']).toContain(titles(one))
  }
})

it('[TYP2] what two devices add in a row at one place stands side by side', () => {
  const [one, two] = devices(2, 'AZ') as [Y.Doc, Y.Doc]
  for (const letter of 'bcd') songsIn(one).add({ title: letter }, { before: 'Z' })
  for (const letter of 'fgh') songsIn(two).add({ title: letter }, { before: 'Z' })
  meet([one, two])
  expect(titles(one)).toBe(titles(two))
  expect(['AbcdfghZ', 'AfghbcdZ']).toContain(titles(one))
})

it('[TYP3] devices that change different values of one item at once both win', () => {
  const [one, two] = devices(2, 'A') as [Y.Doc, Y.Doc]
  songsIn(one).update('A', { key: 'F#' })
  songsIn(two).update('A', { tempo: 120, title: 'A' })
  songsIn(one).get('A')?.notes?.insert(0, 'capo 2', { bold: true })
  songsIn(two).move('A', 'first')
  meet([one, two])
  expect(songsIn(two).get('A')).toMatchObject({ id: 'A', title: 'A', key: 'F#', tempo: 120 })
  expect(songsIn(two).get('A')?.notes?.toDelta()).toEqual([{ insert: 'capo 2', attributes: { bold: true } }])
})

it('[TYP3] writing what is there already writes nothing', () => {
  const [doc] = devices(1, 'A') as [Y.Doc]
  const heard = vi.fn<() => void>()
  doc.on('update', heard)
  expect(songsIn(doc).update('A', { title: 'A', tempo: null, key: undefined })).toBe(true)
  expect(heard).not.toHaveBeenCalled()
})

it('[TYP3] a value is taken away with undefined, and then its default is read', () => {
  const [doc] = devices(1, 'A') as [Y.Doc]
  songsIn(doc).update('A', { tempo: 90, key: 'G' })
  songsIn(doc).update('A', { key: undefined, tempo: undefined })
  expect(songsIn(doc).get('A')).toMatchObject({ tempo: null })
  expect((songsIn(doc).raw.get('A') as Y.Map<unknown>).has('key')).toBe(false)
})

it('[TYP2] what others removed meanwhile is not changed, and the answer says so', () => {
  const [one, two] = devices(2, 'ABC') as [Y.Doc, Y.Doc]
  songsIn(one).move('B', 'first')
  expect(songsIn(two).remove('B')).toBe(true)
  meet([one, two])
  expect([titles(one), titles(two)]).toEqual(['AC', 'AC'])
  expect(songsIn(one).remove('B')).toBe(false)
  expect(songsIn(one).move('B', 'first')).toBe(false)
  expect(songsIn(one).update('B', { title: 'x' })).toBe(false)
  expect(songsIn(one).get('B')).toBe(null)
})

it('[TYP4] texts of an item begin with what is given and are the shared types themselves', () => {
  const [doc] = devices(1, '') as [Y.Doc]
  const list = songsIn(doc)
  const id = list.add({ title: 'A', notes: 'Capo 2' })
  const item = list.get(id) as Item<typeof songs>
  expect(item.notes?.toString()).toBe('Capo 2')
  expect(item.chart).toBeInstanceOf(Y.XmlFragment)
  expectTypeOf(item.notes).toEqualTypeOf<Y.Text | null>()
  expectTypeOf(item.chart).toEqualTypeOf<Y.XmlFragment | null>()
  const heard: ReadonlySet<string>[] = []
  const stop = list.observe(ids => heard.push(ids))
  item.notes?.insert(0, '!')
  item.chart?.insert(0, [new Y.XmlText('x')])
  const other = list.add({ title: 'B' })
  doc.transact(() => {
    list.update(id, { title: 'C' })
    list.remove(other)
  })
  stop()
  list.remove(id)
  expect(heard).toEqual([new Set([id]), new Set([id]), new Set([other]), new Set([id, other])])
})

it('[TYP5] a write that does not comply changes nothing, and says where', () => {
  const [doc] = devices(1, 'A') as [Y.Doc]
  const list = songsIn(doc)
  const before = Y.encodeStateAsUpdate(doc)
  const refused = (write: () => unknown): RefusedWrite => {
    try {
      write()
    } catch (error) {
      if (error instanceof RefusedWrite) return error
    }
    throw new Error('was not refused')
  }
  const wrong = refused(() => list.update('A', { title: 'B', tempo: 'fast' as never }))
  expect(wrong).toMatchObject({ name: 'RefusedWrite', code: 'invalid', path: '/songs/A/tempo' })
  expect(wrong.findings).toEqual([
    { path: '/songs/A/tempo', code: 'invalid', message: expect.stringContaining('number') },
  ])
  expect(wrong.message).toMatch(/^\/songs\/A\/tempo: .*expected number/)
  expect(refused(() => list.add({} as never, 'last', 'a/b')).path).toBe('/songs/a~1b/title')
  expect(refused(() => list.add({ title: '' }, 'last', 'x')).path).toBe('/songs/x/title')
  expect(refused(() => list.update('A', { notes: 'x' } as never)).findings[0]?.code).toBe('unknown')
  expect(refused(() => list.add({ title: 'x', notes: 5 } as never, 'last', 'x')).path).toBe('/songs/x/notes')
  expect(refused(() => list.add({ title: 'x', chart: 'x' } as never, 'last', 'x')).path).toBe('/songs/x/chart')
  expect(refused(() => list.add({ title: 'x', notes: '\ud800' }, 'last', 'x')).path).toBe('/songs/x/notes')
  expect(refused(() => list.add({ title: '\ud800' }, 'last', 'x')).findings[0]?.code).toBe('not-storable')
  expect(refused(() => list.add({ title: 'x' }, 'last', '\ud800')).findings[0]?.code).toBe('not-storable')
  expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
})

it('[TYP5] a rule between values refuses what would break it, and nothing else', () => {
  const gig = z
    .object({ from: z.number(), to: z.number(), place: z.string().default('') })
    .refine(({ from, to }) => from <= to)
  const tour = defineDocument({ type: 'tour', version: 1, fields: { gigs: collection(gig) } })
  const doc = new Y.Doc()
  const { gigs } = openTyped(tour, doc).fields
  const id = gigs.add({ from: 1, to: 2 })
  expect(() => gigs.update(id, { to: 0 })).toThrow(RefusedWrite)
  expect(() => gigs.add({ from: 1, to: 0 })).toThrow(RefusedWrite)
  const map = gigs.raw.get(id) as Y.Map<unknown>
  map.set('to', 0)
  expect(gigs.update(id, { place: 'Blue Door' })).toBe(true)
  expect(gigs.get(id)).toEqual({ id, from: 1, to: 0, place: 'Blue Door' })
})

type Step = readonly [kind: number, device: number, which: number, where: number]

it('[TYP2] whatever devices add, move, change and remove at once: one order everywhere, nothing twice, nothing lost', () => {
  const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(9), fc.nat(2), fc.nat(30), fc.nat(30))
  const letters = 'ABCDE'
  const run = (steps: readonly Step[], clients: readonly number[]): void => {
    const docs = devices(3, letters)
    for (const [n, doc] of docs.entries()) doc.clientID = clients[n] as number
    const expected = new Map<string, number | null>(Array.from(letters, id => [id, null] as const))
    const removed = new Set<string>()
    let added = 0
    for (const [kind, who, which, where] of steps) {
      const doc = docs[who] as Y.Doc
      const list = songsIn(doc)
      const ids = list.list().map(({ id }) => id)
      const id = ids[which % Math.max(1, ids.length)] ?? ''
      if (kind < 2) {
        const made = `n${added++}`
        list.add({ title: made }, { index: where % (ids.length + 1) }, made)
        expected.set(made, null)
        expect(list.list()[where % (ids.length + 1)]?.id).toBe(made)
      } else if (kind < 6 && id !== '') {
        const index = where % ids.length
        list.move(id, { index })
        expect(list.list()[index]?.id).toBe(id)
      } else if (kind === 6 && id !== '') list.update(id, { key: `${where}` })
      else if (kind === 7 && id !== '') {
        list.remove(id)
        removed.add(id)
      } else if (kind === 8) meet([doc, docs[(who + 1) % 3] as Y.Doc])
      else list.get(id)?.notes?.insert(0, `${where} `)
    }
    meet(docs)
    const orders = docs.map(doc =>
      songsIn(doc)
        .list()
        .map(({ id }) => id),
    )
    expect(orders[1]).toEqual(orders[0])
    expect(orders[2]).toEqual(orders[0])
    expect([...(orders[0] as string[])].sort()).toEqual([...expected.keys()].filter(id => !removed.has(id)).sort())
    const keys = [...songsIn(docs[0] as Y.Doc).raw.values()].map(map => (map as Y.Map<unknown>).get('order'))
    expect(new Set(keys).size).toBe(keys.length)
  }
  const clients = fc.uniqueArray(fc.nat(2 ** 32 - 1), { minLength: 3, maxLength: 3 })
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), clients, run), { numRuns: scaled(40, 600) })
}, 60_000)
