import type { Awareness } from 'y-protocols/awareness'
import { h, showIn } from './dom.ts'
import { minutes, secondsFrom } from './minutes.ts'
import type { Song, Songs } from './model.ts'
import { caretIn, caretOf, guests } from './presence.ts'
import { type Mark, richText } from './rich-text.ts'

export interface SongDetails {
  readonly element: HTMLElement
  /** Takes the place of the words in the row. */
  readonly title: HTMLElement
  show(song: Song): void
  showGuests(): void
  destroy(): void
}

const keys = ['C', 'C#', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'Gb', 'G', 'Ab', 'A', 'Bb', 'B'].flatMap(key => [
  key,
  `${key}m`,
])
const marks: readonly [Mark, string][] = [
  ['bold', 'B'],
  ['italic', 'I'],
  ['underline', 'U'],
]

/** Everything of one song, to be changed. */
export function songDetails(songs: Songs, awareness: Awareness, song: Song, onRemove: () => void): SongDetails {
  const title = h('input', {
    class: 'title-field',
    'aria-label': 'Title',
    placeholder: 'Untitled',
    spellcheck: 'false',
    autocomplete: 'off',
    enterkeyhint: 'done',
  })
  const key = field('Key', { list: 'keys', maxlength: '6', autocomplete: 'off', autocapitalize: 'characters' })
  const tempo = field('BPM', { inputmode: 'numeric', maxlength: '3', autocomplete: 'off' })
  const length = field('Length', { placeholder: '3:30', maxlength: '6', autocomplete: 'off' })
  title.addEventListener('input', () => songs.update(song.id, { title: title.value }))
  title.addEventListener('keydown', event => event.key === 'Enter' && title.blur())
  key.input.addEventListener('input', () => songs.update(song.id, { key: key.input.value.trim() }))
  tempo.input.addEventListener('input', () => songs.update(song.id, { tempo: number(tempo.input.value) }))
  length.input.addEventListener('change', () => songs.update(song.id, { seconds: secondsFrom(length.input.value) }))

  const notes = richText(song.notes, 'Notes', () => {
    for (const [mark, button] of buttons) button.setAttribute('aria-pressed', `${notes.has(mark)}`)
    const caret = caretIn(song.notes, notes.selection())
    if (JSON.stringify(caret) !== JSON.stringify(awareness.getLocalState()?.['caret'] ?? null)) {
      awareness.setLocalStateField('caret', caret)
    }
    showGuests()
  })
  const buttons = new Map(marks.map(([mark, letter]) => [mark, markButton(mark, letter)]))
  const carets = h('div', { class: 'carets', 'aria-hidden': 'true' })

  function markButton(mark: Mark, letter: string): HTMLButtonElement {
    const button = h('button', { type: 'button', class: mark, 'aria-label': mark, 'aria-pressed': 'false' }, letter)
    // The caret stays in the notes.
    button.addEventListener('pointerdown', event => event.preventDefault())
    button.addEventListener('click', () => notes.toggle(mark))
    return button
  }

  function showGuests(): void {
    const frame = carets.parentElement?.getBoundingClientRect()
    if (frame === undefined) return
    carets.replaceChildren(
      ...guests(awareness).flatMap(guest => {
        const index = caretOf(guest, song.notes)
        if (index === null) return []
        const box = notes.rectAt(index)
        const caret = h('span', { class: 'caret' }, h('span', {}, guest.name))
        caret.style.cssText = `--person:${guest.color};left:${box.left - frame.left}px;top:${box.top - frame.top}px;height:${box.height}px`
        return [caret]
      }),
    )
  }

  const remove = h('button', { type: 'button', class: 'quiet remove' }, 'Remove song')
  remove.addEventListener('click', onRemove)
  const resized = new ResizeObserver(showGuests)
  resized.observe(notes.element)

  const element = h(
    'div',
    { class: 'details' },
    h('div', { class: 'fields' }, key.label, tempo.label, length.label),
    h(
      'div',
      { class: 'notes' },
      h(
        'div',
        { class: 'notes-head' },
        h('span', {}, 'Notes'),
        h('div', { role: 'toolbar', 'aria-label': 'Marks' }, ...buttons.values()),
      ),
      h('div', { class: 'notes-frame' }, notes.element, carets),
    ),
    remove,
  )

  return {
    element,
    title,
    show(now) {
      showIn(title, now.title)
      if (document.activeElement !== key.input || key.input.value.trim() !== now.key) showIn(key.input, now.key)
      if (number(tempo.input.value) !== now.tempo) showIn(tempo.input, `${now.tempo ?? ''}`)
      if (document.activeElement !== length.input) showIn(length.input, minutes(now.seconds))
    },
    showGuests,
    destroy() {
      resized.disconnect()
      notes.destroy()
      awareness.setLocalStateField('caret', null)
    },
  }
}

/** What a musician may choose a key from, once in the page. */
export function keyChoices(): HTMLElement {
  return h('datalist', { id: 'keys' }, ...keys.map(value => h('option', { value })))
}

function field(name: string, attributes: Record<string, string>): { label: HTMLElement; input: HTMLInputElement } {
  const input = h('input', { type: 'text', spellcheck: 'false', ...attributes })
  return { label: h('label', { class: 'field' }, h('span', {}, name), input), input }
}

function number(value: string): number | null {
  const found = Number.parseInt(value, 10)
  return found > 0 ? found : null
}
