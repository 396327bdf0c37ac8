import { uuidv4 } from 'lib0/random'
import * as Y from 'yjs'
import { orderBetween } from './order-key.ts'

// A setlist in a Y.Doc: the map `songs` holds a Y.Map for each song by its id, and every song carries the key it is
// sorted by. Moving a song is writing one field of it. (In a Y.Array a move is "delete and insert again", and two
// devices that move the same song at once would both insert it.)

export interface Song {
  readonly id: string
  readonly title: string
  /** As a musician says it: `Am`, `F#`, `Bb`. */
  readonly key: string
  /** Beats per minute. */
  readonly tempo: number | null
  readonly seconds: number | null
  readonly order: string
  readonly notes: Y.Text
}

export type SongChanges = Partial<Pick<Song, 'title' | 'key' | 'tempo' | 'seconds'>>

type SongMap = Y.Map<unknown>

export function songMaps(doc: Y.Doc): Y.Map<SongMap> {
  return doc.getMap('songs')
}

/** The songs in the order they are played. */
export function songsOf(doc: Y.Doc): Song[] {
  const songs = [...songMaps(doc)].flatMap(([id, map]) => readSong(id, map) ?? [])
  return songs.sort((a, b) => compare(a.order, b.order) || compare(a.id, b.id))
}

export function addSong(doc: Y.Doc, song: SongChanges & { readonly notes?: string }): string {
  const id = uuidv4()
  const { notes = '', ...fields } = song
  const order = orderBetween(songsOf(doc).at(-1)?.order ?? null, null)
  songMaps(doc).set(id, new Y.Map<unknown>(Object.entries({ ...fields, order, notes: new Y.Text(notes) })))
  return id
}

/** Writes only the fields that are named and differ, so that devices that change different ones never collide. */
export function changeSong(doc: Y.Doc, id: string, changes: SongChanges): void {
  const map = songMaps(doc).get(id)
  if (map === undefined) return
  doc.transact(() => {
    for (const [field, value] of Object.entries(changes)) {
      if (map.get(field) !== value) map.set(field, value)
    }
  })
}

/** Puts a song where `index` others come before it. */
export function moveSong(doc: Y.Doc, id: string, index: number): void {
  const others = songsOf(doc).filter(song => song.id !== id)
  const order = orderBetween(others[index - 1]?.order ?? null, others[index]?.order ?? null)
  songMaps(doc).get(id)?.set('order', order)
}

/** Takes a song out. What it returns puts it back, notes and all. */
export function removeSong(doc: Y.Doc, id: string): () => void {
  const songs = songMaps(doc)
  const origin = Symbol('remove')
  const history = new Y.UndoManager(songs, { trackedOrigins: new Set([origin]) })
  doc.transact(() => songs.delete(id), origin)
  return () => {
    history.undo()
    history.destroy()
  }
}

export function titleOf(doc: Y.Doc): string {
  const title = doc.getMap('setlist').get('title')
  return typeof title === 'string' ? title : ''
}

export function setTitle(doc: Y.Doc, title: string): void {
  if (titleOf(doc) !== title) doc.getMap('setlist').set('title', title)
}

/** How long the songs take together, and whether that is all of them. */
export function totalSeconds(songs: readonly Song[]): { seconds: number; isComplete: boolean } {
  const known = songs.flatMap(song => song.seconds ?? [])
  return { seconds: known.reduce((sum, seconds) => sum + seconds, 0), isComplete: known.length === songs.length }
}

/** Other apps and other versions write into the same document: what is not a song is passed over, never an exception. */
function readSong(id: string, map: unknown): Song | null {
  if (!(map instanceof Y.Map)) return null
  const notes: unknown = map.get('notes')
  if (!(notes instanceof Y.Text)) return null
  return {
    id,
    title: text(map.get('title')),
    key: text(map.get('key')),
    tempo: positive(map.get('tempo')),
    seconds: positive(map.get('seconds')),
    order: text(map.get('order')),
    notes,
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && value > 0 ? value : null
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
