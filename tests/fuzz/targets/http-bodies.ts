import type { NewEntry } from '@tutti/core'
import * as Y from 'yjs'
import { ApiWorld } from '../../../packages/server/src/testing/api-world.ts'
import { Choices } from '../engine/choices.ts'
import { check, type FuzzTarget } from '../engine/target.ts'

const utf8 = new TextEncoder()

/** A document with something of everything. */
const stored = (() => {
  const doc = new Y.Doc()
  doc.clientID = 3
  doc.getText('t').insert(0, 'a😀b', { bold: true })
  doc.getText('t').insertEmbed(1, { image: 1 })
  doc.getMap('m').set('k', new Y.Map<unknown>([['n', 1]]))
  doc.getMap('m').set('p', { deep: [1, { x: null }] })
  doc.getMap('m').set('b', Uint8Array.of(1))
  doc.getMap('m').set('d', new Y.Doc({ guid: 'g' }))
  doc.getArray('a').push([1, 'two', new Y.Text('three'), new Y.Array<unknown>()])
  doc.getXmlFragment('x').insert(0, [new Y.XmlElement('p')])
  return Y.encodeStateAsUpdate(doc)
})()

const entry: NewEntry = {
  bytes: stored,
  at: 1,
  base: 0 as never,
  author: { subject: '', device: '', session: '' },
  counter: 1,
}

/** What is asked, with the rest of the input as its body, or behind its path. */
const asks: readonly (readonly [route: string, type: string])[] = [
  ['PATCH /documents/song/content', 'application/json-patch+json'],
  ['PATCH /documents/song/content', 'application/merge-patch+json'],
  ['PUT /documents/new', 'application/json'],
  ['PUT /documents/new', 'application/octet-stream'],
  ['POST /revocations', 'application/json'],
  ['POST /drain', 'application/json'],
  ['GET /documents?', ''],
  ['GET /documents/song/update?stateVector=', ''],
  ['GET /documents/', ''],
]

/** Bodies, queries and paths of HTTP requests: an answer that says what was wrong, and a document that still reads. */
export const httpBodies: FuzzTarget = {
  name: 'http-bodies',
  watched: ['packages/server/src/http/api/', 'packages/server/src/content/'],
  maxBytes: 300,
  pace: 300,
  seeds: () =>
    [
      [0, '[{"op":"replace","path":"/t","value":"a b"},{"op":"test","path":"/m/k","value":{"n":1}}]'],
      [0, '[{"op":"move","from":"/m/k","path":"/a/-"},{"op":"copy","from":"/a/2","path":"/m/c"}]'],
      [
        0,
        '[{"op":"add","path":"/m/p/deep/0","value":[]},{"op":"remove","path":"/m/p/deep/1/x"},{"op":"remove","path":"/x"}]',
      ],
      [0, '[{"op":"copy","from":"/m","path":"/m2"},{"op":"replace","path":"","value":{"t":"q"}}]'],
      [1, '{"m":{"k":{"n":null,"z":[1]},"p":{"deep":null}},"t":"ab","a":[1,2],"n":"new"}'],
      [2, '{"notes":"x","list":[{"a":[null]}],"map":{"__proto":1}}'],
      [4, '{"kind":"subject","name":"ana","before":1}'],
      [5, '{"afterMs":0,"jitterMs":1}'],
      [6, 'prefix=s&limit=2&cursor=MXNvbmc&deleted=yes'],
      [7, 'AQMB'],
      [8, 'a%2Fb/content'],
    ].map(([kind, text]) => Uint8Array.of(kind as number, ...utf8.encode(text as string))),
  words: [
    '"op":"',
    '"path":"/',
    '"from":"/',
    '"value":',
    'move',
    '~1',
    '/-',
    '"", ',
    '{"a":[',
    '\\ud83d',
    '%2F',
    '1e400',
  ].map(word => utf8.encode(word)),
  async run(input) {
    const choices = new Choices(input)
    const [route, type] = choices.pick(asks)
    const body = choices.rest().slice()
    await forgotten()
    await api.world.log.append('song' as never, 'e1' as never, [entry])
    const isGet = type === ''
    const answer = await api.asks(isGet ? route + asPath(body) : route, isGet ? {} : { body, type })
    check(answer.status < 500, 'what comes from outside breaks nothing here')
    if (answer.status >= 400) {
      const { code, status, detail } = answer.json as { code?: string; status?: number; detail?: string }
      check(status === answer.status && typeof code === 'string' && detail !== '', 'a refusal says why')
    }
    for (const name of documents) {
      const read = await api.asks(`GET /documents/${name}/content`)
      check(read.status === 200 || (name === 'new' && read.status === 404), 'every document reads')
      if (answer.status === 201) check(name === 'song' || read.status === 200, 'what was made is there')
    }
  },
}

/** One for all inputs: describing every route anew costs more than asking one. */
const api = new ApiWorld()
const documents = ['song', 'new'] as const

async function forgotten(): Promise<void> {
  for (const name of documents) {
    await api.world.house.end(name as never)
    await api.world.log.remove(name as never)
  }
}

/** Any text, as the end of an address. */
function asPath(bytes: Uint8Array): string {
  return Array.from(bytes, byte => {
    const letter = String.fromCharCode(byte)
    return /[\w%&=/.~-]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
