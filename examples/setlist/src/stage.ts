import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import { h, icon } from './dom.ts'
import { minutes } from './minutes.ts'
import { openSetlist, type Song, songsOf } from './model.ts'
import { renderText } from './rich-text.ts'

export interface Stage {
  readonly element: HTMLElement
  destroy(): void
}

/**
 * One song at a time, in letters that can be read from where the player stands. Swipe, tap the sides, or use the keys
 * that page-turning pedals send. The screen stays awake.
 */
export function stage(doc: Y.Doc, awareness: Awareness, indicator: HTMLElement, onLeave: () => void): Stage {
  const { songs } = openSetlist(doc)
  /** Stays with its song while others reorder the list. */
  let currentId: string | null = null
  let lastIndex = 0

  const place = h('span', { class: 'place' })
  const title = h('h1', { 'aria-live': 'polite' })
  const key = h('span', { class: 'key' })
  const beat = h('span', { class: 'beat', 'aria-hidden': 'true' })
  const tempo = h('span', { class: 'tempo' })
  const length = h('span', { class: 'length' })
  const notes = h('div', { class: 'stage-notes' })
  const leave = h(
    'button',
    { type: 'button', class: 'round', 'aria-label': 'Leave the stage' },
    icon('M6 6l12 12M18 6L6 18'),
  )
  const previous = h('button', { type: 'button', class: 'previous' })
  const next = h('button', { type: 'button', class: 'next' })
  const element = h(
    'section',
    { class: 'stage', 'aria-label': 'Stage', tabindex: '-1' },
    h('header', {}, place, indicator, leave),
    h('div', { class: 'now' }, title, h('p', { class: 'facts' }, key, h('span', {}, beat, tempo), length), notes),
    h('footer', {}, previous, next),
  )

  function show(): void {
    const all = songsOf(songs)
    let index = all.findIndex(song => song.id === currentId)
    // Its song was taken out: the one that came after it is next.
    if (index === -1) index = Math.max(0, Math.min(lastIndex, all.length - 1))
    lastIndex = index
    const song = all[index]
    currentId = song?.id ?? null
    if (awareness.getLocalState()?.['song'] !== currentId) awareness.setLocalStateField('song', currentId)
    place.textContent = song === undefined ? '' : `${index + 1} / ${all.length}`
    title.textContent = song === undefined ? 'No songs yet' : song.title || 'Untitled'
    key.textContent = song?.key ?? ''
    key.hidden = !song?.key
    tempo.textContent = song?.tempo ? `${song.tempo}` : ''
    beat.hidden = !song?.tempo
    if (song?.tempo) beat.style.setProperty('--beat', `${60 / song.tempo}s`)
    length.textContent = minutes(song?.seconds ?? null)
    if (song === undefined) notes.replaceChildren()
    else renderText(notes, song.notes)
    showStep(previous, 'Previous', all[index - 1])
    showStep(next, 'Next', all[index + 1])
  }

  function step(by: -1 | 1): void {
    const song = songsOf(songs)[lastIndex + by]
    if (song === undefined) return
    currentId = song.id
    show()
    element.querySelector('.now')?.scrollTo(0, 0)
  }

  const ended = new AbortController()
  const { signal } = ended
  previous.addEventListener('click', () => step(-1))
  next.addEventListener('click', () => step(1))
  leave.addEventListener('click', onLeave)
  document.addEventListener(
    'keydown',
    event => {
      // The space bar presses the button that has the focus.
      if (event.key === ' ' && event.target instanceof HTMLButtonElement) return
      if (['ArrowRight', 'ArrowDown', 'PageDown', ' '].includes(event.key)) step(1)
      else if (['ArrowLeft', 'ArrowUp', 'PageUp'].includes(event.key)) step(-1)
      else if (event.key === 'Escape') onLeave()
      else return
      event.preventDefault()
    },
    { signal },
  )
  let down: { x: number; y: number } | null = null
  element.addEventListener('pointerdown', event => {
    down = event.isPrimary ? { x: event.clientX, y: event.clientY } : null
  })
  element.addEventListener('pointerup', event => {
    if (down === null) return
    const across = event.clientX - down.x
    if (Math.abs(across) > 48 && Math.abs(across) > 2 * Math.abs(event.clientY - down.y)) step(across < 0 ? 1 : -1)
  })
  const stayAwake = (): void => {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
    navigator.wakeLock.request('screen').then(
      lock => (signal.aborted ? lock.release() : signal.addEventListener('abort', () => void lock.release())),
      () => {}, // Low battery: the phone may say no.
    )
  }
  document.addEventListener('visibilitychange', stayAwake, { signal })
  stayAwake()
  const stop = songs.observe(show)
  show()

  return {
    element,
    destroy() {
      ended.abort()
      stop()
      awareness.setLocalStateField('song', null)
      element.remove()
    },
  }
}

function showStep(button: HTMLButtonElement, word: string, song: Song | undefined): void {
  button.disabled = song === undefined
  button.replaceChildren(h('small', {}, word), h('span', {}, song === undefined ? '' : song.title || 'Untitled'))
}
