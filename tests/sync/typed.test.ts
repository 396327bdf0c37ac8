import { collection, defineDocument, migrate, openTyped, text, validate } from '@tutti/core/typed'
import type { DocName } from '@tutti/core'
import { expect, it } from 'vitest'
import * as Y from 'yjs'
import * as z from 'zod'
import { Simulation } from './simulation.ts'

const song = z.object({ title: z.string() })
const first = defineDocument({ type: 'setlist', version: 1, fields: { songs: collection(song) } })
const second = defineDocument({
  type: 'setlist',
  version: 2,
  fields: { songs: collection(song, { notes: text() }) },
  migrations: {
    2: {
      up(doc) {
        for (const each of doc.getMap<Y.Map<unknown>>('songs').values()) {
          if (!(each.get('notes') instanceof Y.Text)) each.set('notes', new Y.Text())
        }
      },
    },
  },
})

it('[TYP12] two devices that migrate without a network, and write on, agree through a relay and lose nothing', async () => {
  const sim = new Simulation()
  const [ann, ben] = [sim.client('setlist'), sim.client('setlist')]
  await sim.settle()
  openTyped(first, ann.doc).fields.songs.add({ title: 'A' }, 'last', 'a')
  openTyped(first, ann.doc).fields.songs.add({ title: 'gone' }, 'last', 'b')
  openTyped(first, ann.doc).fields.songs.remove('b')
  await sim.settle()
  expect(openTyped(second, ben.doc).kind).toBe('needs-migration')
  await sim.cut()
  for (const { doc } of [ann, ben]) migrate(second, doc)
  const notes = (doc: Y.Doc) => openTyped(second, doc).fields.songs.get('a')?.notes
  notes(ann.doc)?.insert(0, 'ann')
  notes(ben.doc)?.insert(0, 'ben')
  await sim.restore()
  await sim.settle()
  for (const { doc, pending, saving } of [ann, ben]) {
    expect(pending).toEqual({ edits: 0, bytes: 0 })
    expect(saving.kind).toBe('saved')
    expect(validate(second, doc)).toEqual([])
    expect(notes(doc)?.toString()).toHaveLength(6)
  }
  expect(notes(ann.doc)?.toString()).toBe(notes(ben.doc)?.toString())
  const stored = new Y.Doc()
  const opened = await sim.world.log.open('setlist' as DocName)
  opened.eachUpdate((bytes, from, to) => Y.applyUpdate(stored, bytes.slice(from, to)))
  expect(stored.getMap('songs').toJSON()).toEqual(ann.doc.getMap('songs').toJSON())
})
