import type { Session } from './connect.ts'
import { h, icon, showIn } from './dom.ts'
import { minutes } from './minutes.ts'
import { openSetlist, songsOf, totalSeconds } from './model.ts'
import { people } from './people.ts'
import { savingIndicator } from './saving-indicator.ts'
import { keyChoices } from './song-details.ts'
import { songList } from './song-list.ts'
import { toast } from './toast.ts'

export interface SetlistView {
  readonly element: HTMLElement
  destroy(): void
}

const link = 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17'

/** The page: what the evening is called, who is here, whether all is saved, and the songs. */
export function setlistView(session: Session, onStage: () => void): SetlistView {
  const { doc, awareness } = session.provider
  const { setlist, songs } = openSetlist(doc)
  const title = h('input', {
    class: 'setlist-title',
    'aria-label': 'Name of the setlist',
    placeholder: 'Setlist',
    autocomplete: 'off',
  })
  const share = h(
    'button',
    { type: 'button', class: 'round', 'aria-label': 'Copy the link', title: 'Copy the link' },
    icon(link),
  )
  const play = h('button', { type: 'button', class: 'primary' }, icon('M8 5.5v13l10-6.5z'), 'Stage')
  const total = h('p', { class: 'total' })
  const here = people(awareness)
  const saving = savingIndicator(session)
  const list = songList(doc, awareness)

  function show(): void {
    const name = setlist.get().title
    showIn(title, name)
    document.title = name || 'Setlist'
    const all = songsOf(songs)
    const { seconds, isComplete } = totalSeconds(all)
    const count = all.length === 1 ? '1 song' : `${all.length} songs`
    total.textContent = seconds === 0 ? count : `${count}, ${minutes(seconds)}${isComplete ? '' : '+'} min`
  }

  title.addEventListener('input', () => setlist.update({ title: title.value }))
  title.addEventListener('keydown', event => event.key === 'Enter' && title.blur())
  play.addEventListener('click', onStage)
  share.addEventListener('click', () => void copyLink())
  const stops = [songs.observe(show), setlist.observe(show)]
  show()

  return {
    element: h(
      'main',
      { class: 'page' },
      h('header', { class: 'top' }, saving.element, here.element),
      h('div', { class: 'heading' }, h('div', { class: 'headline' }, h('h1', {}, title), total), share, play),
      list.element,
      keyChoices(),
    ),
    destroy() {
      here.destroy()
      saving.destroy()
      list.destroy()
      for (const stop of stops) stop()
    },
  }
}

async function copyLink(): Promise<void> {
  const address = location.href.replace(/\?stage$/, '')
  try {
    await navigator.clipboard.writeText(address)
    toast('Link copied')
  } catch {
    toast(address) // Without https browsers do not let a page copy.
  }
}
