import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { craftAny, craftItem, craftText, craftType, craftUpdate } from '../testing/craft-update.ts'
import { readContent } from '../testing/read-content.ts'
import { Replica } from '../testing/replica.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { contentDigest } from './content-digest.ts'
import { docDigest } from './doc-digest.ts'
import { foldUpdate } from './fold-update.ts'
import { wireLimits } from './limits.ts'
import { scanUpdate } from './scan.ts'

const seeds = Array.from({ length: process.env['TUTTI_SCALE'] === 'ci' ? 400 : 60 }, (_, i) => i + 1)

/** Three replicas that edited apart and together; and every edit. */
function session(seed: number) {
  const random = seededRandom(seed)
  const replicas = [1, 2, 3].map(n => new Replica(seed * 10 + n))
  const all: Uint8Array[] = []
  for (let i = 0; i < 50; i++) {
    const replica = random.pick(replicas)
    replica.edit(random)
    all.push(...replica.outbox.splice(0))
    if (random.chance(0.2)) replica.receive(Y.encodeStateAsUpdate(random.pick(replicas).doc))
  }
  return { random, replicas, all }
}

describe('the digest of content', () => {
  test('[DOC7] equal for replicas that learnt the same in different orders, and for folds of them', () => {
    for (const seed of seeds) {
      const { random, replicas, all } = session(seed)
      const loaded: Y.Doc[] = []
      for (let n = 0; n < 3; n++) {
        const left = [...all]
        const doc = new Y.Doc({ gc: n !== 2 })
        while (left.length > 0) Y.applyUpdate(doc, left.splice(random.int(left.length), 1)[0] as Uint8Array)
        expect(doc.store.pendingStructs, `seed ${seed}`).toBeNull()
        loaded.push(doc)
      }
      for (const { doc } of replicas) {
        for (const other of loaded) Y.applyUpdate(doc, Y.encodeStateAsUpdate(other, Y.encodeStateVector(doc)))
        loaded.push(doc)
      }
      const digests = loaded.map(contentDigest)
      expect(new Set(digests), `seed ${seed}: ${digests.join(' ')}`).toEqual(new Set([digests[0]]))
      const folded = foldUpdate(Y.encodeStateAsUpdate(loaded[0] as Y.Doc))
      expect(folded.content, `seed ${seed}`).toBe(digests[0])
      expect(foldUpdate(folded.bytes).content).toBe(digests[0])
      const after = new Y.Doc()
      Y.applyUpdate(after, folded.bytes)
      expect(readContent(after)).toEqual(readContent(loaded[0] as Y.Doc))
    }
  })

  test('[DOC7] different when anything people can see differs', () => {
    const seen = new Map<string, string>()
    const docs: Record<string, (doc: Y.Doc) => void> = {
      nothing: () => {},
      'a letter': doc => doc.getText('t').insert(0, 'a'),
      'another letter': doc => doc.getText('t').insert(0, 'b'),
      elsewhere: doc => doc.getText('u').insert(0, 'a'),
      'a mark': doc => doc.getText('t').insert(0, 'a', { bold: true }),
      'another mark': doc => doc.getText('t').insert(0, 'a', { bold: false }),
      'a key': doc => doc.getMap('t').set('a', 1),
      'another type of value': doc => doc.getMap('t').set('a', '1'),
      null: doc => doc.getMap('t').set('a', null),
      'an array': doc => doc.getArray('t').push([1, 2]),
      'an array in an array': doc => doc.getArray('t').push([[1, 2]]),
      'an object': doc => doc.getArray('t').push([{ a: 1 }]),
      bytes: doc => doc.getArray('t').push([Uint8Array.of(1, 2)]),
      'a shared type': doc => doc.getArray('t').push([new Y.Map()]),
      'two shared types': doc => doc.getArray('t').push([new Y.Map(), new Y.Map()]),
      'an element': doc => doc.getXmlFragment('t').insert(0, [new Y.XmlElement('p')]),
      'another element': doc => doc.getXmlFragment('t').insert(0, [new Y.XmlElement('q')]),
      'a subdocument': doc => doc.getMap('t').set('a', new Y.Doc({ guid: 'x' })),
      'another subdocument': doc => doc.getMap('t').set('a', new Y.Doc({ guid: 'y' })),
    }
    for (const [name, write] of Object.entries(docs)) {
      const doc = new Y.Doc()
      write(doc)
      const digest = contentDigest(doc)
      expect(digest).toMatch(/^[0-9a-f]{16}$/)
      expect(seen.get(digest), name).toBeUndefined()
      seen.set(digest, name)
    }
  })

  test('[DOC7] looking at an empty type, or writing and deleting, changes nothing', () => {
    const doc = new Y.Doc()
    const empty = contentDigest(doc)
    doc.getText('t').insert(0, 'gone')
    doc.getText('t').delete(0, 4)
    doc.getMap('m').set('a', 1)
    doc.getMap('m').delete('a')
    doc.getArray('never')
    expect(contentDigest(doc)).toBe(empty)
  })

  test('[DOC7] tells two documents apart whose state vectors and deletions agree: one client id, used twice', () => {
    const [a, b] = ['AAAA', 'BBAA'].map(text => {
      const doc = new Y.Doc()
      doc.clientID = 666
      doc.getText('t').insert(0, text)
      return doc
    }) as [Y.Doc, Y.Doc]
    Y.applyUpdate(a, Y.encodeStateAsUpdate(b))
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a))
    expect(docDigest(a)).toBe(docDigest(b))
    expect(contentDigest(a)).not.toBe(contentDigest(b))
  })
})

test('[UPD2] options of a subdocument that name it anew are refused: the document could not be written again', () => {
  for (const guid of [[126], [127], [119, 1, 120]]) {
    const options = [118, 1, 4, 103, 117, 105, 100, ...guid]
    const update = craftUpdate([
      { client: 1, clock: 0, structs: [craftItem(9, Uint8Array.of(1, 97, ...options), { key: 'k' })] },
    ])
    expect(scanUpdate(update, wireLimits)).toMatchObject({ ok: false, error: { code: 'malformed' } })
  }
  const doc = new Y.Doc()
  doc.getMap('m').set('a', new Y.Doc({ guid: 'x', meta: { title: 1 }, autoLoad: true, gc: false }))
  expect(scanUpdate(Y.encodeStateAsUpdate(doc), wireLimits).ok).toBe(true)
})

test('[DOC7] a fold refuses what does not stand by itself', () => {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'a')
  const half = Y.encodeStateVector(doc)
  doc.getText('t').insert(1, 'b')
  expect(() => foldUpdate(Y.encodeStateAsUpdate(doc, half))).toThrow(/does not contain/)
})

test('[DOC7] a fold keeps what hangs on a collected neighbour, and what was written after it', () => {
  // Somebody's text leans on the inside of a type that is deleted; others type on after it.
  const trap = craftUpdate([
    { client: 4, clock: 0, structs: [craftText(' and what honest people wrote', { origin: [2, 0] })] },
    { client: 3, clock: 0, structs: [craftText('c', { parent: 'text' })] },
    { client: 2, clock: 0, structs: [craftText('b', { origin: [3, 0], right: [1, 1] })] },
    {
      client: 1,
      clock: 0,
      structs: [craftType(0, { parent: 'list' }), craftAny([Uint8Array.of(126)], { parent: [1, 0] })],
    },
  ])
  const gone = craftUpdate([], [{ client: 1, ranges: [[0, 2]] }])
  const folded = foldUpdate(Y.mergeUpdates([trap, gone]))
  const again = foldUpdate(folded.bytes)
  expect(again.content).toBe(folded.content)
  const read = new Y.Doc()
  Y.applyUpdate(read, again.bytes)
  expect(read.getText('text').toString()).toBe('cb and what honest people wrote')
})
