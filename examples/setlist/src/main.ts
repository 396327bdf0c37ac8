import { connect, type Session } from './connect.ts'
import { personHere } from './person.ts'
import { savingIndicator } from './saving-indicator.ts'
import { setlistView } from './setlist-view.ts'
import { stage } from './stage.ts'

// `#tonight` is the setlist of that name, `#tonight?stage` the same on stage: the back button leaves the stage.

const app = document.getElementById('app') as HTMLElement
let open: { readonly name: string; readonly session: Session } | null = null
let close = (): void => {}

function show(): void {
  const { name, isOnStage } = place()
  close()
  if (open?.name !== name) {
    open?.session.provider.destroy()
    open = null
    try {
      open = { name, session: connect(name, show) }
    } catch {
      return go('tonight') // Not every text can be the name of a document.
    }
  }
  const { session } = open
  const { doc, awareness } = session.provider
  awareness.setLocalStateField('user', personHere())
  if (isOnStage) {
    const saving = savingIndicator(session)
    const view = stage(doc, awareness, saving.element, () => go(name))
    app.replaceChildren(view.element)
    close = () => {
      view.destroy()
      saving.destroy()
    }
  } else {
    const view = setlistView(session, () => go(`${name}?stage`))
    app.replaceChildren(view.element)
    close = () => view.destroy()
  }
}

function place(): { name: string; isOnStage: boolean } {
  const [, name = '', view] = /^#?([^?]*)\??(.*)$/.exec(location.hash) ?? []
  return { name: decoded(name) || 'tonight', isOnStage: view === 'stage' }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function go(hash: string): void {
  location.hash = hash
}

addEventListener('hashchange', show)
show()

// Where the page was built (and not served while being written) it is kept for the time without a network.
if ('serviceWorker' in navigator && import.meta.url.includes('/assets/')) {
  navigator.serviceWorker.register('./service-worker.js').catch(() => {})
}
