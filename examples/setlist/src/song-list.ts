import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import { arrange, h } from './dom.ts'
import { openSetlist, removeSong, songsOf } from './model.ts'
import { guests } from './presence.ts'
import { type SongRow, songRow } from './song-row.ts'
import { sortable } from './sortable.ts'
import { toast } from './toast.ts'

export interface SongList {
  readonly element: HTMLElement
  destroy(): void
}

const stillness = matchMedia('(prefers-reduced-motion: reduce)')

/** The songs in their order: open one, move one, take one out, add one. */
export function songList(doc: Y.Doc, awareness: Awareness): SongList {
  const { songs } = openSetlist(doc)
  const list = h('ol', { class: 'songs' })
  const said = h('p', { class: 'for-ears', 'aria-live': 'assertive' })
  const rows = new Map<string, SongRow>()
  let openId: string | null = null

  const dragging = sortable(list, {
    onDrop(element, index) {
      const id = element.dataset['song'] as string
      if (songsOf(songs).findIndex(song => song.id === id) !== index) songs.move(id, { index })
      show()
    },
    onStep(element, by) {
      const id = element.dataset['song'] as string
      const all = songsOf(songs)
      const index = all.findIndex(song => song.id === id) + by
      if (index < 0 || index >= all.length) return
      songs.move(id, { index })
      said.textContent = `Now ${index + 1} of ${all.length}`
    },
  })

  function show(): void {
    if (dragging.isDragging) return
    const all = songsOf(songs)
    const before = new Map([...rows].map(([id, row]) => [id, row.element.getBoundingClientRect().top]))
    for (const [id, row] of rows) {
      row.element.style.transform = ''
      if (all.some(song => song.id === id)) continue
      row.destroy()
      rows.delete(id)
      if (openId === id) toggle(null)
    }
    for (const [index, song] of all.entries()) {
      let row = rows.get(song.id)
      if (row === undefined) {
        row = songRow(song, { songs, awareness, onToggle: id => toggle(openId === id ? null : id), onRemove: remove })
        rows.set(song.id, row)
      }
      row.show(song, index, all.length)
    }
    arrange(
      list,
      all.flatMap(song => rows.get(song.id)?.element ?? []),
    )
    for (const [id, row] of rows) glide(row.element, before.get(id))
    showGuests()
  }

  function showGuests(): void {
    const here = guests(awareness)
    for (const row of rows.values()) row.showGuests(here)
  }

  function toggle(id: string | null): void {
    openId = id
    awareness.setLocalStateField('song', id)
    for (const [each, row] of rows) row.open(each === id)
  }

  function remove(id: string): void {
    const title = songsOf(songs).find(song => song.id === id)?.title || 'Untitled'
    const undo = removeSong(songs, id)
    toast(`${title} removed`, { label: 'Undo', run: undo })
  }

  const title = h('input', {
    placeholder: 'Add a song',
    'aria-label': 'Add a song',
    enterkeyhint: 'done',
    autocomplete: 'off',
  })
  const add = h('form', { class: 'add' }, h('span', { class: 'plus', 'aria-hidden': 'true' }, '+'), title)
  add.addEventListener('submit', event => {
    event.preventDefault()
    if (title.value.trim() === '') return
    songs.add({ title: title.value.trim() })
    title.value = ''
    add.scrollIntoView({ block: 'nearest' })
  })

  const stop = songs.observe(show)
  awareness.on('change', showGuests)
  show()

  return {
    element: h('section', { 'aria-label': 'Songs' }, list, add, said),
    destroy() {
      stop()
      awareness.off('change', showGuests)
      for (const row of rows.values()) row.destroy()
      if (openId !== null) awareness.setLocalStateField('song', null)
    },
  }
}

/** A row that has a new place is seen to go there. */
function glide(element: HTMLElement, before: number | undefined): void {
  if (before === undefined || stillness.matches) return
  const by = before - element.getBoundingClientRect().top
  if (Math.abs(by) < 1) return
  element.animate([{ transform: `translateY(${by}px)` }, { transform: 'none' }], {
    duration: 220,
    easing: 'cubic-bezier(.2,.8,.2,1)',
  })
}
