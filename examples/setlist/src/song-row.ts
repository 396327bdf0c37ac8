import type { Awareness } from 'y-protocols/awareness'
import { h, icon } from './dom.ts'
import type { Song, Songs } from './model.ts'
import { avatar, type Guest } from './presence.ts'
import { type SongDetails, songDetails } from './song-details.ts'

export interface SongRow {
  readonly element: HTMLElement
  show(song: Song, index: number, count: number): void
  showGuests(all: readonly Guest[]): void
  open(isOpen: boolean): void
  destroy(): void
}

export interface SongRowOptions {
  readonly songs: Songs
  readonly awareness: Awareness
  onToggle(id: string): void
  onRemove(id: string): void
}

const up = 'M6 15l6-6 6 6'
const grip = 'M9 5.5v.01M9 12v.01M9 18.5v.01M15 5.5v.01M15 12v.01M15 18.5v.01'

/** One song of the list: a line to read, which opens to be changed. */
export function songRow(first: Song, options: SongRowOptions): SongRow {
  let song = first
  let details: SongDetails | null = null
  const number = h('span', { class: 'number' })
  const title = h('span', { class: 'title' })
  const preview = h('span', { class: 'preview' })
  const key = h('span', { class: 'key' })
  const tempo = h('span', { class: 'tempo' })
  const people = h('span', { class: 'people' })
  const handle = h('button', { type: 'button', class: 'handle' }, icon(grip))
  const summary = h(
    'button',
    { type: 'button', class: 'summary', 'aria-expanded': 'false' },
    h('span', { class: 'words' }, title, preview),
    people,
    h('span', { class: 'facts' }, key, tempo),
    icon(up),
  )
  const element = h('li', { class: 'song', 'data-song': song.id }, handle, number, summary)
  summary.addEventListener('click', () => options.onToggle(song.id))

  return {
    element,
    show(now, index, count) {
      song = now
      number.textContent = `${index + 1}`
      title.textContent = now.title || 'Untitled'
      preview.textContent = now.notes.toString().split('\n', 1)[0] ?? ''
      key.textContent = now.key
      tempo.textContent = now.tempo === null ? '' : `${now.tempo} bpm`
      handle.setAttribute('aria-label', `Move ${now.title || 'Untitled'}, ${index + 1} of ${count}. Use the arrow keys`)
      details?.show(now)
    },
    showGuests(all) {
      const here = all.filter(guest => guest.song === song.id)
      people.replaceChildren(...here.map(guest => avatar(guest, `${guest.name} is here`)))
      details?.showGuests()
    },
    open(isOpen) {
      if (isOpen === (details !== null)) return
      summary.setAttribute('aria-expanded', `${isOpen}`)
      element.classList.toggle('is-open', isOpen)
      if (isOpen) summary.setAttribute('aria-label', 'Close')
      else summary.removeAttribute('aria-label')
      if (details !== null) {
        details.destroy()
        details.element.remove()
        details.title.remove()
        details = null
        return
      }
      details = songDetails(options.songs, options.awareness, song, () => options.onRemove(song.id))
      summary.before(details.title)
      element.append(details.element)
      details.show(song)
      details.showGuests()
    },
    destroy() {
      details?.destroy()
      element.remove()
    },
  }
}
