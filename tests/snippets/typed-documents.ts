import {
  collection,
  defineDocument,
  migrate,
  observeStanding,
  openTyped,
  RefusedWrite,
  text,
  validate,
} from '@tutti/core/typed'
import type * as Y from 'yjs'
import * as z from 'zod'
import { setlist } from './typed-define.ts'

// What `docs/typed-documents.md` shows, once there is a definition.

export function writing(doc: Y.Doc): void {
  // snippet:typed-write
  const { title, evening, songs } = openTyped(setlist, doc).fields
  title.set('Friday at the Blue Door')
  evening.update({ date: '2026-11-20' })
  const opener = songs.add({ title: 'Wayfaring Stranger', notes: 'Capo 2.' })
  songs.add({ title: 'When the Saints', tempo: 168 }, { before: opener })
  songs.update(opener, { tempo: 76 })
  songs.move(opener, 'first')
  songs.get(opener)?.notes?.insert(0, 'Softly. ')
  for (const song of songs.list()) console.log(song.title, song.tempo)
  // end
}

export function observing(doc: Y.Doc, draw: (id: string) => void): () => void {
  const { songs } = openTyped(setlist, doc).fields
  // snippet:typed-observe
  const stop = songs.observe(ids => {
    for (const id of ids) draw(id)
  })
  // end
  return stop
}

export function refused(doc: Y.Doc, tempo: number): void {
  const { songs } = openTyped(setlist, doc).fields
  // snippet:typed-refused
  try {
    songs.add({ title: '', tempo })
  } catch (error) {
    if (!(error instanceof RefusedWrite)) throw error
    console.log(error.code) // invalid
    console.log(error.findings.map(({ path }) => path)) // /songs/…/title, /songs/…/tempo
  }
  // end
}

export function finding(doc: Y.Doc): void {
  // snippet:typed-findings
  for (const { path, message } of validate(setlist, doc)) console.log(`${path}: ${message}`)
  // end
}

// snippet:typed-migration
const song = z.object({ title: z.string().min(1), bpm: z.number().nullable().default(null) })

const next = defineDocument({
  ...setlist,
  version: 2,
  fields: { ...setlist.fields, songs: collection(song, { notes: text() }) },
  migrations: {
    2: {
      up(doc) {
        for (const song of songMaps(doc)) {
          if (!song.has('tempo')) continue
          song.set('bpm', song.get('tempo'))
          song.delete('tempo')
        }
      },
    },
  },
})
// end

// snippet:typed-open
function open(doc: Y.Doc): string {
  const opened = openTyped(next, doc)
  switch (opened.kind) {
    case 'needs-migration':
      migrate(next, doc)
      return 'Brought up to date'
    case 'from-the-future':
      return 'Reload to edit: somebody has a newer version'
    case 'other-type':
      return `This is no setlist, but a ${opened.type}`
    case 'ready':
      return 'Ready'
  }
}
// end

export function watching(doc: Y.Doc, show: (text: string) => void): () => void {
  // snippet:typed-standing
  const stop = observeStanding(setlist, doc, ({ kind }) => {
    if (kind !== 'ready') show('Reload to edit')
  })
  // end
  return stop
}

function songMaps(doc: Y.Doc): Iterable<Y.Map<unknown>> {
  return doc.getMap<Y.Map<unknown>>('songs').values()
}

export { next, open }
