import type * as Y from 'yjs'
import { openSetlist, songsOf } from './model.ts'

/** What a setlist holds that nobody has opened before. */
export function firstSongs(doc: Y.Doc): void {
  const { setlist, songs } = openSetlist(doc)
  setlist.update({ title: 'Friday at the Blue Door' })
  songs.add({
    title: 'Wayfaring Stranger',
    key: 'Am',
    tempo: 76,
    seconds: 245,
    notes: 'Capo 2. Fiddle alone, then all in.',
  })
  songs.add({ title: 'Down by the Riverside', key: 'G', tempo: 132, seconds: 198, notes: 'Hands on two and four.' })
  songs.add({
    title: 'St. James Infirmary',
    key: 'Dm',
    tempo: 92,
    seconds: 312,
    notes: 'Clarinet first chorus, bass second.',
  })
  songs.add({
    title: 'Scarborough Fair',
    key: 'Em',
    tempo: 108,
    seconds: 224,
    notes: 'Soft. No drums until the last verse.',
  })
  songs.add({
    title: 'When the Saints',
    key: 'F',
    tempo: 168,
    seconds: 270,
    notes: 'Everybody.\nStop on the last "in".',
  })
  const [opener, , , , last] = songsOf(songs)
  opener?.notes.format(0, 7, { bold: true })
  last?.notes.format(0, 9, { italic: true })
}
