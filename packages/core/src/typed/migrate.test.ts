import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import * as z from 'zod'
import { scaled } from '../../../../tests/support/scale.ts'
import { AcceptedState } from '../document/accepted-state.ts'
import { judge } from '../document/gate.ts'
import { wireLimits } from '../document/limits.ts'
import { scanUpdate } from '../document/scan.ts'
import {
  collection,
  defineDocument,
  migrate,
  migrationOrigin,
  observeStanding,
  openTyped,
  type Standing,
  standingOf,
  text,
  validate,
} from './index.ts'

// The same documents as three apps know them: songs had a `bpm`, which became `tempo`, and then got notes of their own.

type SongMap = Y.Map<unknown>
const songMaps = (doc: Y.Doc): SongMap[] => [...doc.getMap<SongMap>('songs').values()]

const first = defineDocument({
  type: 'setlist',
  version: 1,
  fields: { songs: collection(z.object({ title: z.string(), bpm: z.number().nullable().default(null) })) },
})

function rename(doc: Y.Doc, from: string, to: string): void {
  for (const song of songMaps(doc)) {
    if (!song.has(from)) continue
    song.set(to, song.get(from))
    song.delete(from)
  }
}

const toSecond = {
  up: (doc: Y.Doc) => rename(doc, 'bpm', 'tempo'),
  down: (doc: Y.Doc) => rename(doc, 'tempo', 'bpm'),
}
const song = z.object({ title: z.string(), tempo: z.number().nullable().default(null) })
const second = defineDocument({
  type: 'setlist',
  version: 2,
  fields: { songs: collection(song) },
  migrations: { 2: toSecond },
})
const third = defineDocument({
  type: 'setlist',
  version: 3,
  fields: { songs: collection(song, { notes: text() }) },
  migrations: {
    2: toSecond,
    3: {
      up(doc) {
        for (const each of songMaps(doc)) if (!(each.get('notes') instanceof Y.Text)) each.set('notes', new Y.Text('-'))
      },
    },
  },
})

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  return copy
}

function meet(...docs: readonly Y.Doc[]): void {
  for (const from of docs) for (const to of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from))
}

function firstSetlist(): Y.Doc {
  const doc = new Y.Doc()
  const { songs } = openTyped(first, doc).fields
  songs.add({ title: 'A', bpm: 90 }, 'last', 'a')
  songs.add({ title: 'B' }, 'last', 'b')
  return doc
}

describe('how a document stands', () => {
  it('[TYP9] is told by what it says of itself', () => {
    const doc = new Y.Doc()
    expect(standingOf(third, doc)).toEqual({ kind: 'ready' })
    doc.getMap('songs').set('a', new Y.Map())
    expect(standingOf(first, doc)).toEqual({ kind: 'ready' })
    expect(standingOf(third, doc)).toEqual({ kind: 'needs-migration', version: 1 })
    const stamp = doc.getMap('tutti:schema')
    stamp.set('version', 2)
    expect(standingOf(first, doc)).toEqual({ kind: 'from-the-future', version: 2 })
    expect(standingOf(second, doc)).toEqual({ kind: 'ready' })
    for (const odd of ['2', 0, -1, 1.5, Number.NaN, null]) {
      stamp.set('version', odd)
      expect(standingOf(second, doc)).toEqual({ kind: 'needs-migration', version: 1 })
    }
    stamp.set('type', 'invoice')
    expect(openTyped(third, doc)).toMatchObject({ kind: 'other-type', type: 'invoice' })
    stamp.set('type', 5)
    expect(standingOf(first, doc)).toEqual({ kind: 'ready' })
  })

  it('[TYP10] an older app reads on and writes no more, from the moment somebody migrated', () => {
    const [old, fresh] = [firstSetlist(), new Y.Doc()]
    Y.applyUpdate(fresh, Y.encodeStateAsUpdate(old))
    const opened = openTyped(first, old)
    expect(opened.kind).toBe('ready')
    const heard: Standing[] = []
    const stop = observeStanding(first, old, standing => heard.push(standing))
    migrate(third, fresh)
    meet(old, fresh)
    stop()
    expect(heard).toEqual([{ kind: 'from-the-future', version: 3 }])
    const before = Y.encodeStateAsUpdate(old)
    const { songs } = opened.fields
    expect(songs.list()).toMatchObject([
      { title: 'A', bpm: null },
      { title: 'B', bpm: null },
    ])
    const writes = [
      () => songs.add({ title: 'C' }),
      () => songs.update('a', { title: 'x' }),
      () => songs.move('a', 'last'),
      () => songs.remove('a'),
    ]
    for (const write of writes)
      expect(write).toThrow(expect.objectContaining({ code: 'from-the-future', findings: [] }))
    expect(() => migrate(first, old)).toThrow(expect.objectContaining({ code: 'from-the-future' }))
    expect(Y.encodeStateAsUpdate(old)).toEqual(before)
  })

  it('[TYP9] is told again when what it holds arrives', () => {
    const doc = new Y.Doc()
    const heard: Standing[] = []
    const stop = observeStanding(third, doc, standing => heard.push(standing))
    doc.getMap('songs').set('a', new Y.Map())
    doc.getMap('songs').set('b', new Y.Map())
    migrate(third, doc)
    stop()
    doc.getMap('tutti:schema').set('type', 'invoice')
    expect(heard).toEqual([{ kind: 'needs-migration', version: 1 }, { kind: 'ready' }])
  })

  it('[TYP10] nothing is written into a document that needs a migration, or is something else', () => {
    const doc = firstSetlist()
    const opened = openTyped(third, doc)
    expect(opened).toMatchObject({ kind: 'needs-migration', version: 1 })
    expect(opened.fields.songs.get('a')).toEqual({ id: 'a', title: 'A', tempo: null, notes: null })
    expect(() => opened.fields.songs.remove('a')).toThrow(expect.objectContaining({ code: 'needs-migration' }))
    expect(validate(third, doc)).toMatchObject([{ path: '/tutti:schema/version', code: 'version' }])
    doc.getMap('tutti:schema').set('type', 'invoice')
    expect(() => opened.fields.songs.remove('a')).toThrow(expect.objectContaining({ code: 'other-type' }))
    expect(() => migrate(third, doc)).toThrow(expect.objectContaining({ code: 'other-type' }))
  })
})

describe('a migration', () => {
  it('[TYP11] goes step by step, in one transaction, and is not there to be undone', () => {
    const doc = firstSetlist()
    const history = new Y.UndoManager(doc.getMap('songs'))
    const heard = vi.fn<(origin: unknown) => void>()
    doc.on('update', (_update: Uint8Array, origin: unknown) => heard(origin))
    expect(migrate(third, doc)).toEqual({ from: 1, to: 3 })
    expect(heard.mock.calls).toEqual([[migrationOrigin]])
    expect(history.undoStack).toHaveLength(0)
    expect(openTyped(third, doc)).toMatchObject({ kind: 'ready' })
    expect(openTyped(third, doc).fields.songs.get('a')).toMatchObject({ title: 'A', tempo: 90 })
    expect(openTyped(third, doc).fields.songs.get('a')?.notes?.toString()).toBe('-')
    expect(validate(third, doc)).toEqual([])
    expect(migrate(third, doc)).toEqual({ from: 3, to: 3 })
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('[TYP11] goes back where there is a way, and says so where there is none', () => {
    const doc = firstSetlist()
    migrate(second, doc)
    expect(migrate(second, doc, { to: 1 })).toEqual({ from: 2, to: 1 })
    expect(openTyped(first, doc)).toMatchObject({ kind: 'ready' })
    expect(openTyped(first, doc).fields.songs.get('a')).toEqual({ id: 'a', title: 'A', bpm: 90 })
    expect(validate(first, doc)).toEqual([])
    migrate(third, doc)
    expect(() => migrate(third, doc, { to: 2 })).toThrow(expect.objectContaining({ code: 'no-way-back' }))
    expect(() => migrate(third, doc, { to: 4 })).toThrow(TypeError)
  })

  it('[TYP11] that fails leaves the document as it was', () => {
    const broken = defineDocument({
      ...third,
      migrations: {
        ...third.migrations,
        3: {
          up(doc) {
            doc.getMap('songs').clear()
            throw new Error('half way')
          },
        },
      },
    })
    const doc = firstSetlist()
    const before = Y.encodeStateAsUpdate(doc)
    expect(() => migrate(broken, doc)).toThrow('half way')
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
  })

  it('[TYP12] of two devices that know the same is the very same edit', () => {
    const one = firstSetlist()
    openTyped(first, one).fields.songs.remove('b')
    const two = copyOf(one)
    migrate(third, one)
    migrate(third, two)
    expect(Y.encodeStateVector(one)).toEqual(Y.encodeStateVector(two))
    openTyped(third, one).fields.songs.get('a')?.notes?.insert(1, 'one')
    openTyped(third, two).fields.songs.get('a')?.notes?.insert(0, 'two')
    meet(one, two)
    expect(openTyped(third, one).fields.songs.get('a')?.notes?.toString()).toBe('two-one')
    expect(openTyped(third, two).fields.songs.get('a')?.notes?.toString()).toBe('two-one')
  })

  it('[TYP12] that differs between two builds of an app, or from one time to the next, never parts the documents', () => {
    for (let round = 0; round < 10; round++) {
      const builds = ['x', 'y', 'y'].map((note, n) =>
        defineDocument({
          ...second,
          migrations: {
            2: {
              up(doc) {
                for (const each of songMaps(doc)) each.set('title', `${note} ${n === 0 ? '' : Math.random()}`)
              },
            },
          },
        }),
      )
      const start = firstSetlist()
      const docs = builds.map(() => copyOf(start))
      for (const [n, doc] of docs.entries()) migrate(builds[n] as typeof second, doc)
      meet(...docs)
      const seen = docs.map(doc => JSON.stringify(doc.getMap('songs').toJSON()))
      expect(new Set(seen).size).toBe(1)
      expect(docs.map(doc => standingOf(second, doc).kind)).toEqual(['ready', 'ready', 'ready'])
    }
  })

  it('[TYP12] a relay takes from one device, and knows already when another brings it', () => {
    const docs = [firstSetlist()]
    docs.push(copyOf(docs[0] as Y.Doc))
    const known = new AcceptedState()
    const offer = (doc: Y.Doc, mayExtend: boolean): string => {
      const scan = scanUpdate(Y.encodeStateAsUpdate(doc), wireLimits)
      if (!scan.ok) return scan.error.code
      const verdict = judge(known, scan.value, { limits: wireLimits, mayExtend: () => mayExtend, takePart: false })
      if (verdict.kind === 'new') {
        known.accept(verdict.update)
        known.settle(verdict.update)
      }
      return verdict.kind
    }
    offer(docs[0] as Y.Doc, true)
    for (const doc of docs) migrate(third, doc)
    expect(offer(docs[0] as Y.Doc, true)).toBe('new')
    expect(offer(docs[1] as Y.Doc, false)).toBe('known')
  })

  it('[TYP12] what an older app wrote too late is picked up by doing it again', () => {
    const [late, fresh] = [firstSetlist(), new Y.Doc()]
    Y.applyUpdate(fresh, Y.encodeStateAsUpdate(late))
    migrate(third, fresh)
    openTyped(first, late).fields.songs.update('a', { bpm: 120 })
    openTyped(first, late).fields.songs.add({ title: 'C', bpm: 60 }, 'last', 'c')
    meet(late, fresh)
    expect(validate(third, fresh).map(({ path }) => path)).toContain('/songs/c/bpm')
    migrate(third, fresh, { from: 1 })
    expect(validate(third, fresh)).toEqual([])
    expect(openTyped(third, fresh).fields.songs.list()).toMatchObject([
      { tempo: 120 },
      { title: 'B' },
      { title: 'C', tempo: 60 },
    ])
    const before = Y.encodeStateAsUpdate(fresh)
    migrate(third, fresh, { from: 1 })
    expect(Y.encodeStateAsUpdate(fresh)).toEqual(before)
  })

  it('[TYP12] of any devices, whatever each of them knows and in whatever order they meet, leads to one document', () => {
    const edit = fc.tuple(fc.nat(2), fc.nat(4), fc.nat(300))
    const definitions = [second, third]
    const run = (
      edits: readonly (readonly [number, number, number])[],
      which: readonly number[],
      pairs: readonly number[],
    ): void => {
      const start = firstSetlist()
      const docs = [0, 1, 2].map(() => copyOf(start))
      const added = new Set(['a', 'b'])
      for (const [who, kind, n] of edits) {
        const { songs } = openTyped(first, docs[who] as Y.Doc).fields
        if (kind === 0) added.add(songs.add({ title: `${n}`, bpm: n }, 'last', `s${n}`))
        else songs.update(kind < 3 ? 'a' : 'b', { bpm: n })
      }
      for (const [who, doc] of docs.entries()) migrate(definitions[which[who] as number] as typeof third, doc)
      for (const pair of pairs) meet(docs[pair % 3] as Y.Doc, docs[(pair + 1) % 3] as Y.Doc)
      meet(...docs)
      for (const doc of docs) migrate(third, doc, { from: 1 })
      meet(...docs)
      const seen = docs.map(doc => doc.getMap('songs').toJSON())
      expect(seen[1]).toEqual(seen[0])
      expect(seen[2]).toEqual(seen[0])
      for (const doc of docs) {
        expect(validate(third, doc)).toEqual([])
        expect(Object.keys(doc.getMap('songs').toJSON()).sort()).toEqual([...added].sort())
        expect(migrate(third, doc)).toEqual({ from: 3, to: 3 })
      }
    }
    fc.assert(
      fc.property(
        fc.array(edit, { maxLength: 8 }),
        fc.array(fc.nat(1), { minLength: 3, maxLength: 3 }),
        fc.array(fc.nat(2), { maxLength: 4 }),
        run,
      ),
      { numRuns: scaled(30, 400) },
    )
  }, 60_000)
})
