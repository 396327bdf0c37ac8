import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import * as Y from 'yjs'
import * as z from 'zod'
import * as mini from 'zod/mini'
import {
  collection,
  defineDocument,
  type Finding,
  type Item,
  type NewItem,
  openTyped,
  record,
  RefusedWrite,
  richText,
  standingOf,
  text,
  type TypedRecord,
  type TypedValue,
  validate,
  value,
} from './index.ts'

const songs = collection(
  z.object({
    title: z.string(),
    tempo: z.number().default(100),
    key: z.enum(['C', 'D']).optional(),
    tags: z.array(z.string()).readonly(),
  }),
  { notes: text() },
)
const setlist = defineDocument({
  type: 'setlist',
  version: 1,
  fields: {
    title: value(z.string()),
    about: text(),
    story: richText(),
    evening: record(z.object({ date: z.iso.date().nullable().default(null), doors: z.string() })),
    songs,
  },
})

describe('types', () => {
  const { fields } = openTyped(setlist, new Y.Doc())

  it('[TYP6] follow from the definition', () => {
    expectTypeOf(fields.about).toEqualTypeOf<Y.Text>()
    expectTypeOf(fields.story).toEqualTypeOf<Y.XmlFragment>()
    expectTypeOf(fields.title).toEqualTypeOf<TypedValue<z.ZodString>>()
    expectTypeOf(fields.title.get()).toEqualTypeOf<string>()
    expectTypeOf(fields.evening.get()).toEqualTypeOf<{ date: string | null; doors: string }>()
    expectTypeOf(fields.evening).toExtend<TypedRecord<z.ZodObject>>()
    expectTypeOf<Parameters<typeof fields.evening.update>[0]>().toEqualTypeOf<{
      date?: string | null | undefined
      doors?: string
    }>()
    type Song = Item<typeof songs>
    expectTypeOf(fields.songs.list()).toEqualTypeOf<Song[]>()
    expectTypeOf<Pick<Song, 'id' | 'title' | 'tempo' | 'key' | 'tags' | 'notes'>>().toEqualTypeOf<{
      readonly id: string
      readonly title: string
      readonly tempo: number
      readonly key?: 'C' | 'D' | undefined
      readonly tags: readonly string[]
      readonly notes: Y.Text | null
    }>()
    expectTypeOf<{ title: string; tags: string[] }>().toExtend<NewItem<typeof songs>>()
    expectTypeOf<{ title: string; tags: string[]; notes: string; tempo: number }>().toExtend<NewItem<typeof songs>>()
    expectTypeOf<{ tags: string[] }>().not.toExtend<NewItem<typeof songs>>()
    expectTypeOf<{ title: string; tags: string[]; notes: number }>().not.toExtend<NewItem<typeof songs>>()
  })

  it('[TYP6] know how a document stands', () => {
    const opened = openTyped(setlist, new Y.Doc())
    expectTypeOf(opened.kind).toEqualTypeOf<'ready' | 'needs-migration' | 'from-the-future' | 'other-type'>()
    if (opened.kind === 'from-the-future') expectTypeOf(opened.version).toEqualTypeOf<number>()
    if (opened.kind === 'other-type') expectTypeOf(opened.type).toEqualTypeOf<string>()
    expectTypeOf(validate(setlist, opened.doc)).toEqualTypeOf<Finding[]>()
  })
})

it('[TYP6] a field is the root of its name, and the raw document stays in reach', () => {
  const doc = new Y.Doc()
  const { fields, ...opened } = openTyped(setlist, doc)
  expect(opened).toEqual({ kind: 'ready', doc })
  expect(doc.store.clients.size).toBe(0)
  fields.title.set('Friday')
  fields.evening.update({ date: '2026-11-20', doors: '19:00' })
  fields.about.insert(0, 'Blue Door')
  fields.songs.add({ title: 'A', tags: ['slow'], notes: 'Capo 2' }, 'last', 'a')
  expect(doc.getMap('title').toJSON()).toEqual({ value: 'Friday' })
  expect(doc.getMap('evening').toJSON()).toEqual({ date: '2026-11-20', doors: '19:00' })
  expect(fields.about).toBe(doc.getText('about'))
  expect(fields.story).toBe(doc.getXmlFragment('story'))
  const order = expect.any(String)
  expect(doc.getMap('songs').toJSON()).toEqual({
    a: { title: 'A', tempo: 100, tags: ['slow'], notes: 'Capo 2', order },
  })
  expect(doc.getMap('tutti:schema').toJSON()).toEqual({ type: 'setlist', version: 1 })
  expect(fields.title.get()).toBe('Friday')
  expect(fields.evening.get()).toEqual({ date: '2026-11-20', doors: '19:00' })
  expect(validate(setlist, doc)).toEqual([])
})

it('[TYP3] devices that change different values of a record at once both win', () => {
  const [one, two] = [new Y.Doc(), new Y.Doc()]
  const view = (doc: Y.Doc) => openTyped(setlist, doc).fields
  const heard = vi.fn<() => void>()
  const stop = view(one).evening.observe(heard)
  view(one).evening.update({ date: '2026-11-20' })
  view(two).evening.update({ doors: '19:00' })
  view(two).title.set('Friday')
  Y.applyUpdate(one, Y.encodeStateAsUpdate(two))
  Y.applyUpdate(two, Y.encodeStateAsUpdate(one))
  expect(view(one).evening.get()).toEqual({ date: '2026-11-20', doors: '19:00' })
  expect(view(two).evening.get()).toEqual({ date: '2026-11-20', doors: '19:00' })
  expect(heard).toHaveBeenCalledTimes(2)
  stop()
  const told = vi.fn<() => void>()
  view(one).title.observe(told)
  view(one).title.set('Saturday')
  view(one).title.set('Saturday')
  expect(told).toHaveBeenCalledTimes(1)
  expect(() => view(one).title.set(5 as never)).toThrow(expect.objectContaining({ code: 'invalid', path: '/title' }))
  expect(() => view(one).evening.update({ date: 'soon' })).toThrow(RefusedWrite)
})

describe('forgiving reads', () => {
  /** What somebody else may write into such a document. */
  function spoilt(): Y.Doc {
    const doc = new Y.Doc()
    const { fields } = openTyped(setlist, doc)
    fields.title.set('x')
    fields.evening.update({ doors: '19:00' })
    fields.songs.add({ title: 'Whole', tags: [] }, 'last', 'whole')
    doc.getMap('title').set('value', 7)
    doc.getMap('evening').set('date', 'soon').valueOf()
    doc.getMap('evening').set('weather', 'rain')
    doc
      .getMap('songs')
      .set('abc', new Y.Map<unknown>(Object.entries({ tempo: 'fast', key: 'H', tags: ['a', 5], loud: true })))
    doc.getMap('songs').set('junk', 'no song')
    doc.getArray('scraps').push([1])
    doc.getMap('empty').set('a', 1)
    doc.getMap('empty').delete('a')
    return doc
  }

  it('[TYP7] shows what complies, a fallback for what does not, and keeps what is there', () => {
    const doc = spoilt()
    const before = Y.encodeStateAsUpdate(doc)
    const { fields } = openTyped(setlist, doc)
    expect(fields.title.get()).toBe('')
    expect(fields.evening.get()).toEqual({ date: null, doors: '19:00' })
    expect(fields.songs.list().map(({ id }) => id)).toEqual(['abc', 'whole'])
    expect(fields.songs.get('abc')).toEqual({ id: 'abc', title: '', tempo: 100, tags: [], notes: null })
    expect(fields.songs.get('junk')).toBe(null)
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
  })

  it('[TYP8] reports each thing that does not comply with its path', () => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(spoilt()))
    const before = Y.encodeStateAsUpdate(doc)
    const found = validate(setlist, doc).map(({ path, code }) => `${code} ${path}`)
    expect(found.sort()).toEqual([
      'invalid /evening/date',
      'invalid /songs/abc/key',
      'invalid /songs/abc/tags/1',
      'invalid /songs/abc/tempo',
      'invalid /title',
      'missing /songs/abc/title',
      'unknown /evening/weather',
      'unknown /scraps',
      'unknown /songs/abc/loud',
      'wrong-type /songs/abc/notes',
      'wrong-type /songs/abc/order',
      'wrong-type /songs/junk',
    ])
    expect(validate(setlist, doc).find(({ path }) => path === '/songs/abc/tempo')?.message).toMatch(/expected number/)
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
  })

  it('[TYP8] a root of another kind is a finding, in a document that came from elsewhere and in one of this process', () => {
    const doc = new Y.Doc()
    doc.getArray('songs').push(['A'])
    doc.getMap('about').set('a', 1)
    doc.getArray('story').push([1])
    doc.getText('evening').insert(0, 'a')
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
    const wrong = ['/about', '/evening', '/songs', '/story']
    for (const each of [doc, copy]) {
      const findings = validate(setlist, each).filter(({ code }) => code === 'wrong-type')
      expect(findings.map(({ path }) => path).sort()).toEqual(wrong)
    }
    expect(openTyped(setlist, copy).fields.songs.list()).toEqual([])
  })

  it('[TYP8] a document of another type or version has that finding alone', () => {
    const doc = new Y.Doc()
    doc.getMap('tutti:schema').set('type', 'invoice')
    expect(validate(setlist, doc)).toEqual([
      { path: '/tutti:schema/type', code: 'wrong-type', message: 'this is no setlist' },
    ])
    doc.getMap('tutti:schema').set('type', 'setlist')
    doc.getMap('tutti:schema').set('version', 9)
    expect(validate(setlist, doc).map(({ path, code }) => [path, code])).toEqual([['/tutti:schema/version', 'version']])
  })

  it('[TYP7] a rule that throws is a rule that is not met', () => {
    const odd = defineDocument({
      type: 'odd',
      version: 1,
      fields: {
        a: value(
          z
            .unknown()
            .refine(() => {
              throw new Error('bang')
            })
            .default(1),
        ),
      },
    })
    const doc = new Y.Doc()
    const { a } = openTyped(odd, doc).fields
    expect(() => a.set(2)).toThrow(RefusedWrite)
    a.raw.set('value', 2)
    expect(a.get()).toBe(1)
    expect(validate(odd, doc)).toHaveLength(1)
  })

  it('[TYP8] a strict object knows no more than it names, a loose one everything; rules between values are told of', () => {
    const kinds = defineDocument({
      type: 'kinds',
      version: 1,
      fields: {
        strict: record(z.strictObject({ a: z.number().default(0) })),
        loose: record(z.looseObject({ a: z.number().default(0) })),
        ruled: record(z.object({ a: z.number().default(0) }).refine(({ a }) => a < 5, { path: ['a'] })),
      },
    })
    const doc = new Y.Doc()
    for (const name of ['strict', 'loose']) doc.getMap(name).set('b', 1)
    doc.getMap('ruled').set('a', 7)
    expect(validate(kinds, doc).map(({ path, code }) => `${code} ${path}`)).toEqual([
      'unknown /strict/b',
      'invalid /ruled/a',
    ])
    expect(openTyped(kinds, doc).fields.ruled.get()).toEqual({ a: 7 })
  })
})

describe('a definition', () => {
  const define = (fields: Parameters<typeof defineDocument>[0]['fields'], options = {}) =>
    defineDocument({ type: 'x', version: 1, fields, ...options })

  it('[TYP6] that cannot be meant is refused at once', () => {
    expect(() => define({ 'tutti:x': text() })).toThrow(/cannot be named/)
    expect(() => define({ a: collection(z.object({ id: z.string() })) })).toThrow('a.id means something else')
    expect(() => define({ a: collection(z.object({ order: z.string() })) })).toThrow('a.order means')
    expect(() => define({ a: collection(z.object({ t: z.string() }), { t: text() }) })).toThrow('a.t means')
    expect(() => define({ a: value(z.instanceof(Uint8Array)) })).toThrow('a needs a .default()')
    expect(() => define({}, { version: 2 })).toThrow('a migration to version 2 is needed')
    expect(() => define({}, { version: 1.5 })).toThrow('whole numbers')
    expect(() => define({}, { migrations: { 3: { up: () => {} } } })).toThrow('no migration leads to version 3')
    expect(() => define({}, { type: '' })).toThrow(TypeError)
  })

  it('[TYP7] has a fallback for every schema that needs none of its own', () => {
    type Leaf = { child?: Leaf | undefined }
    const leaf: z.ZodType<Leaf> = z.lazy(() => z.object({ child: leaf.optional() }))
    const schema = z.object({
      string: z.string().min(3),
      email: z.email(),
      number: z.int().positive(),
      boolean: z.boolean(),
      bigint: z.bigint(),
      array: z.array(z.string()).min(1),
      record: z.record(z.string(), z.number()),
      enum: z.enum(['a', 'b']),
      literal: z.literal('only'),
      union: z.union([z.instanceof(Uint8Array), z.number()]),
      tuple: z.tuple([z.string(), z.number()]),
      object: z.object({ a: z.string(), b: z.string().optional() }),
      readonly: z.object({ a: z.number() }).readonly(),
      nothing: z.null(),
      nullable: z.instanceof(Uint8Array).nullable(),
      optional: z.instanceof(Uint8Array).optional(),
      caught: z.instanceof(Uint8Array).catch(new Uint8Array(1)),
      any: z.unknown(),
      leaf,
    })
    const all = defineDocument({ type: 'all', version: 1, fields: { all: record(schema) } })
    expect(openTyped(all, new Y.Doc()).fields.all.get()).toEqual({
      string: '',
      email: '',
      number: 0,
      boolean: false,
      bigint: 0n,
      array: [],
      record: {},
      enum: 'a',
      literal: 'only',
      union: 0,
      tuple: ['', 0],
      object: { a: '' },
      readonly: { a: 0 },
      nothing: null,
      nullable: null,
      caught: new Uint8Array(1),
      leaf: {},
    })
  })

  it('[TYP6] may be written with zod/mini', () => {
    const small = defineDocument({
      type: 'small',
      version: 1,
      fields: {
        songs: collection(
          mini.object({ title: mini.string().check(mini.minLength(1)), key: mini.optional(mini.string()) }),
        ),
      },
    })
    const doc = new Y.Doc()
    const { fields } = openTyped(small, doc)
    fields.songs.add({ title: 'A' }, 'last', 'a')
    expectTypeOf(fields.songs.list()[0]?.title).toEqualTypeOf<string | undefined>()
    expect(fields.songs.list()).toEqual([{ id: 'a', title: 'A' }])
    expect(() => fields.songs.update('a', { title: '' })).toThrow(RefusedWrite)
    expect(standingOf(small, doc)).toEqual({ kind: 'ready' })
  })
})
