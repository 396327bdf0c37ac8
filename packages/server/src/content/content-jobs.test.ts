import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { scaled } from '../../../../tests/support/scale.ts'
import { contentJobs } from './content-jobs.ts'
import type { JsonObject, JsonValue } from './json-value.ts'
import { patchedPlain, type PlainOutcome } from '../testing/patched-plain.ts'

const utf8 = new TextEncoder()
const client = 77

function bytesOf(value: unknown): Uint8Array {
  return utf8.encode(JSON.stringify(value))
}

function stateOf(build: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc()
  build(doc)
  return Y.encodeStateAsUpdate(doc)
}

function read(state: Uint8Array): JsonValue {
  return JSON.parse(contentJobs.read(state)) as JsonValue
}

function seeded(json: JsonValue): Uint8Array {
  const seed = contentJobs.seed({ json: bytesOf(json), client: 5 })
  if (!seed.ok) throw new Error(seed.error.message)
  return seed.value
}

/** The document after a patch, or the code of the refusal. */
function patched(state: Uint8Array, patch: unknown, kind: 'json-patch' | 'merge-patch' = 'json-patch'): unknown {
  const result = contentJobs.patch({ state, kind, patch: bytesOf(patch), client })
  if (!result.ok) return result.error.code
  return read(result.value === null ? state : Y.mergeUpdates([state, result.value]))
}

describe('reading', () => {
  test('[API2] a root is what can be seen in it, whoever reads and in whatever order', () => {
    const state = stateOf(doc => {
      doc.getText('notes').insert(0, 'Hello', { bold: true })
      doc.getText('notes').insertEmbed(5, { image: 1 })
      doc.getMap('songs').set('a', new Y.Map([['title', 'Anthem']]))
      doc.getArray('order').push(['a', 1, null, { plain: [true] }])
      const heading = new Y.XmlElement('h1')
      heading.setAttribute('level', '1')
      heading.insert(0, [new Y.XmlText('Title')])
      doc.getXmlFragment('page').insert(0, [heading])
      doc.getMap('bytes').set('b', Uint8Array.of(1, 2))
      doc.getMap('sub').set('d', new Y.Doc({ guid: 'g' }))
    })
    expect(read(state)).toEqual({
      bytes: { b: { $bytes: 'AQI=' } },
      notes: 'Hello',
      order: ['a', 1, null, { plain: [true] }],
      page: [{ name: 'h1', attributes: { level: '1' }, children: ['Title'] }],
      songs: { a: { title: 'Anthem' } },
      sub: { d: { $document: 'g' } },
    })
    expect(Object.keys(read(state) as JsonObject)).toEqual(['bytes', 'notes', 'order', 'page', 'songs', 'sub'])
  })

  test('[API2] a root that holds nothing is not shown: Yjs cannot tell it from one that never was', () => {
    const state = stateOf(doc => {
      doc.getText('gone').insert(0, 'x')
      doc.getText('gone').delete(0, 1)
      doc.getMap('emptied').set('k', 1)
      doc.getMap('emptied').delete('k')
      doc.getArray('unused')
    })
    expect(read(state)).toEqual({})
    expect(read(new Uint8Array())).toEqual({})
  })

  test('[API2] a fold reads like what it was folded from', () => {
    const state = stateOf(doc => {
      doc.getArray('a').push([new Y.Map([['x', 1]]), 2])
      doc.getArray('a').delete(0, 1)
      doc.getText('t').insert(0, 'abc')
      doc.getText('t').delete(1, 1)
    })
    expect(read(contentJobs.fold(state).bytes)).toEqual(read(state))
  })
})

describe('a JSON patch', () => {
  const song = (): Uint8Array =>
    stateOf(doc => {
      const songs = doc.getMap('songs')
      songs.set(
        'a',
        new Y.Map<unknown>([
          ['title', 'Anthem'],
          ['notes', new Y.Text('slowly')],
          ['tags', { k: ['x'] }],
        ]),
      )
      doc.getArray('order').push(['a', 'b'])
      doc.getText('text').insert(0, 'the quick fox', { bold: true })
    })

  test('[API3] each operation does what RFC 6902 says, in maps, arrays, texts and plain values', () => {
    expect(
      patched(song(), [
        { op: 'test', path: '/songs/a/title', value: 'Anthem' },
        { op: 'replace', path: '/songs/a/title', value: 'Hymn' },
        { op: 'replace', path: '/songs/a/notes', value: 'very slowly' },
        { op: 'add', path: '/songs/a/tags/k/-', value: 'y' },
        { op: 'add', path: '/order/1', value: 'c' },
        { op: 'move', from: '/order/0', path: '/order/2' },
        { op: 'copy', from: '/songs/a', path: '/songs/b~1c' },
        { op: 'remove', path: '/text' },
      ]),
    ).toEqual({
      order: ['c', 'b', 'a'],
      songs: {
        a: { title: 'Hymn', notes: 'very slowly', tags: { k: ['x', 'y'] } },
        'b/c': { title: 'Hymn', notes: 'very slowly', tags: { k: ['x', 'y'] } },
      },
    })
  })

  test('[API3] the letters of a text that stay keep their marks, and embeds their places', () => {
    const state = stateOf(doc => {
      doc.getText('t').insert(0, 'one two three', { bold: true })
      doc.getText('t').insertEmbed(7, { image: 1 })
    })
    const patch = bytesOf([{ op: 'replace', path: '/t', value: 'one 2 three!' }])
    const result = contentJobs.patch({ state, kind: 'json-patch', patch, client })
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.mergeUpdates([state, (result.ok ? result.value : null) as Uint8Array]))
    const bold = { bold: true }
    expect(doc.getText('t').toDelta()).toEqual([
      { insert: 'one 2', attributes: bold },
      { insert: { image: 1 } },
      { insert: ' three!', attributes: bold },
    ])
  })

  test('[API3] what is shared stays shared where it is moved or copied', () => {
    const patch = bytesOf([{ op: 'move', from: '/songs/a/notes', path: '/songs/a/text' }])
    const state = song()
    const result = contentJobs.patch({ state, kind: 'json-patch', patch, client })
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.mergeUpdates([state, (result.ok ? result.value : null) as Uint8Array]))
    expect((doc.getMap('songs').get('a') as Y.Map<unknown>).get('text')).toBeInstanceOf(Y.Text)
  })

  test('[API3] a patch is taken as a whole or not at all, with the reason', () => {
    const refusals: readonly (readonly [unknown, string])[] = [
      [[{ op: 'test', path: '/songs/a/title', value: 'no' }], 'test-failed'],
      [[{ op: 'replace', path: '/songs/x', value: 1 }], 'no-such-place'],
      [[{ op: 'remove', path: '/order/9' }], 'no-such-place'],
      [[{ op: 'add', path: '/order/01', value: 1 }], 'no-such-place'],
      [[{ op: 'add', path: '/text/0', value: 1 }], 'no-such-place'],
      [[{ op: 'add', path: '/songs', value: [] }], 'bad-content'],
      [[{ op: 'add', path: '/n', value: 7 }], 'bad-content'],
      [[{ op: 'add', path: '/songs/constructor', value: 7 }], 'bad-content'],
      [[{ op: 'add', path: 'songs', value: 7 }], 'bad-patch'],
      [[{ op: 'add', path: '/a~2', value: 7 }], 'bad-patch'],
      [[{ op: 'add', path: '/songs/x' }], 'bad-patch'],
      [[{ op: 'move', from: '/songs', path: '/songs/a' }], 'bad-patch'],
      [[{ op: 'turn', path: '/songs' }], 'bad-patch'],
      [{}, 'bad-patch'],
      [['x'], 'bad-patch'],
    ]
    for (const [patch, code] of refusals) {
      const first = { op: 'add', path: '/order/0', value: 'first' }
      const whole = Array.isArray(patch) ? [first, ...(patch as unknown[])] : patch
      expect(patched(song(), whole), JSON.stringify(patch)).toBe(code)
    }
  })

  test('[API3] a patch that says nothing new makes no update', () => {
    for (const patch of [[], [{ op: 'replace', path: '/text', value: 'the quick fox' }]]) {
      expect(contentJobs.patch({ state: song(), kind: 'json-patch', patch: bytesOf(patch), client })).toEqual({
        ok: true,
        value: null,
      })
    }
  })

  test('[API3] a small change of a large document is a small update', () => {
    const state = seeded({ text: 'word '.repeat(20_000), list: Array.from({ length: 1_000 }, (_, i) => ({ i })) })
    const text = `${'word '.repeat(9_999)}words ${'word '.repeat(10_000)}`
    const patch = bytesOf([
      { op: 'replace', path: '/text', value: text },
      { op: 'replace', path: '/list/500', value: { i: 7 } },
    ])
    const result = contentJobs.patch({ state, kind: 'json-patch', patch, client })
    expect(result.ok && (result.value as Uint8Array).length).toBeLessThan(120)
  })

  test('[API3] text that is no JSON, too deep, or with a name that reaches into prototypes is refused', () => {
    const state = song()
    const run = (text: string) => contentJobs.patch({ state, kind: 'json-patch', patch: utf8.encode(text), client })
    expect(run('[')).toMatchObject({ error: { code: 'bad-patch' } })
    expect(run('['.repeat(100_000))).toMatchObject({ error: { code: 'bad-content' } })
    expect(run('[{"op":"add","path":"/songs/x","value":{"__proto__":1}}]')).toMatchObject({
      error: { code: 'bad-content' },
    })
    const broken = contentJobs.patch({ state, kind: 'json-patch', patch: Uint8Array.of(34, 255, 34), client })
    expect(broken).toMatchObject({ error: { code: 'bad-patch' } })
  })
})

describe('a merge patch', () => {
  test('[API3] does what RFC 7396 says', () => {
    const state = seeded({ meta: { a: 1, b: { c: 2, d: 3 } }, list: [1, 2, 3], text: 'old' })
    expect(
      patched(
        state,
        { meta: { a: null, b: { c: 4 }, e: { f: null, g: 1 } }, list: [1, 9, 3], text: null },
        'merge-patch',
      ),
    ).toEqual({ meta: { b: { c: 4, d: 3 }, e: { g: 1 } }, list: [1, 9, 3] })
    expect(patched(state, [], 'merge-patch')).toBe('bad-patch')
  })
})

const key = fc.constantFrom('a', 'b', 'c', 'a/b', 'm~n', '0', '')
const letters = fc.string({ unit: fc.constantFrom('x', 'y', ' ', '😀', 'é'), maxLength: 12 })
const { value } = fc.letrec<{ value: JsonValue }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, true, 0, -1.5, 2 ** 40, ''),
    letters,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}))
const root = fc.oneof(letters, fc.array(value, { maxLength: 4 }), fc.dictionary(key, value, { maxKeys: 4 }))
const document = fc.dictionary(key, root, { maxKeys: 4 })
const token = fc.oneof(key, fc.constantFrom('-', '1', '2', '3'))
const escaped = (part: string) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Every place there is in a value, with what is there. */
function placesIn(json: JsonValue, at = ''): (readonly [path: string, value: JsonValue])[] {
  if (typeof json !== 'object' || json === null) return [[at, json]]
  const inner = Object.entries(json).flatMap(([name, part]) => placesIn(part, at + escaped(name)))
  return [[at, json], ...inner]
}

/** Operations on a document, most of them on what is there. */
function operationsOn(json: JsonObject) {
  const places = placesIn(json)
  const place = fc.constantFrom(...places.map(([path]) => path))
  const beside = fc.tuple(place, token).map(([path, part]) => path + escaped(part))
  const path = fc.oneof(
    { weight: 3, arbitrary: place },
    { weight: 3, arbitrary: beside },
    fc.tuple(beside, token).map(([to, part]) => to + escaped(part)),
  )
  const given = fc.oneof(value, root)
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ op: fc.constantFrom('add', 'replace'), path, value: given }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('remove'), path: place }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('move', 'copy'), path, from: place }) },
    fc.constantFrom(...places).map(([tested, is]) => ({ op: 'test', path: tested, value: is })),
  )
}

const patchedDocument = document.chain(json =>
  fc.tuple(fc.constant(json), fc.array(operationsOn(json), { minLength: 1, maxLength: 4 })),
)

describe('whatever the document and the patch', () => {
  test('[API3] the JSON of the patched document is that of RFC 6902, or the refusal is', () => {
    let taken = 0
    fc.assert(
      fc.property(patchedDocument, ([json, operations]) => {
        const expected: PlainOutcome = patchedPlain(json, operations)
        const actual = patched(seeded(json), operations)
        if (typeof expected !== 'string') taken++
        expect(actual).toEqual(expected)
      }),
      { numRuns: scaled(500, 20_000) },
    )
    // A quarter of them is, give or take a few.
    expect(taken).toBeGreaterThan(scaled(500, 20_000) / 8)
  }, 120_000)

  test('[API4] what is seeded reads as it was given, apart from roots that hold nothing', () => {
    fc.assert(
      fc.property(document, json => {
        expect(read(seeded(json))).toEqual(patchedPlain(json, []))
      }),
    )
  })

  test('[API3] replacing the document makes it be what was given, in small steps', () => {
    fc.assert(
      fc.property(document, document, (json, next) => {
        const expected = patchedPlain(json, [{ op: 'replace', path: '', value: next }])
        expect(patched(seeded(json), [{ op: 'replace', path: '', value: next }])).toEqual(expected)
      }),
    )
  })
})
