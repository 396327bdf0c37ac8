import type * as Y from 'yjs'
import { addSong, setTitle, songsOf } from './model.ts'

/** What a setlist holds that nobody has opened before. */
export function firstSongs(doc: Y.Doc): void {
  setTitle(doc, 'Friday at the Blue Door')
  addSong(doc, {
    title: 'Wayfaring Stranger',
    key: 'Am',
    tempo: 76,
    seconds: 245,
    notes: 'Capo 2. Fiddle alone, then all in.',
  })
  addSong(doc, { title: 'Down by the Riverside', key: 'G', tempo: 132, seconds: 198, notes: 'Hands on two and four.' })
  addSong(doc, {
    title: 'St. James Infirmary',
    key: 'Dm',
    tempo: 92,
    seconds: 312,
    notes: 'Clarinet first chorus, bass second.',
  })
  addSong(doc, {
    title: 'Scarborough Fair',
    key: 'Em',
    tempo: 108,
    seconds: 224,
    notes: 'Soft. No drums until the last verse.',
  })
  addSong(doc, {
    title: 'When the Saints',
    key: 'F',
    tempo: 168,
    seconds: 270,
    notes: 'Everybody.\nStop on the last "in".',
  })
  const [opener, , , , last] = songsOf(doc)
  opener?.notes.format(0, 7, { bold: true })
  last?.notes.format(0, 9, { italic: true })
}
