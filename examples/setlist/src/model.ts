import { collection, defineDocument, type FieldViews, type Item, openTyped, record, text } from '@tutti/core/typed'
import * as Y from 'yjs'
import * as z from 'zod/mini'

// What a setlist is. Its songs are a collection: a map by id in which every song carries the key it is sorted by, so that
// moving one is writing one value of it, and two devices that move the same song at once never double it.

const words = z._default(z.string(), '')
const positive = z._default(z.nullable(z.number().check(z.positive())), null)

const songs = collection(
  z.object({
    title: words,
    /** As a musician says it: `Am`, `F#`, `Bb`. */
    key: words,
    /** Beats per minute. */
    tempo: positive,
    seconds: positive,
  }),
  { notes: text() },
)

const definition = defineDocument({
  type: 'setlist',
  version: 1,
  fields: { setlist: record(z.object({ title: words })), songs },
})

type Setlist = FieldViews<typeof definition.fields>

export type Songs = Setlist['songs']

export type Song = Item<typeof songs> & { readonly notes: Y.Text }

export function openSetlist(doc: Y.Doc): Setlist {
  return openTyped(definition, doc).fields
}

/** The songs in the order they are played. Other apps may write into the same document: what has no notes is no song. */
export function songsOf(songs: Songs): Song[] {
  return songs.list().filter((song): song is Song => song.notes !== null)
}

/** Takes a song out. What it returns puts it back, notes and all. */
export function removeSong(songs: Songs, id: string): () => void {
  const origin = Symbol('remove')
  const history = new Y.UndoManager(songs.raw, { trackedOrigins: new Set([origin]) })
  songs.raw.doc?.transact(() => songs.remove(id), origin)
  return () => {
    history.undo()
    history.destroy()
  }
}

/** How long the songs take together, and whether that is all of them. */
export function totalSeconds(songs: readonly Song[]): { seconds: number; isComplete: boolean } {
  const known = songs.flatMap(song => song.seconds ?? [])
  return { seconds: known.reduce((sum, seconds) => sum + seconds, 0), isComplete: known.length === songs.length }
}
