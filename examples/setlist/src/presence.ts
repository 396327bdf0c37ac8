import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { initials, type Person, safeColor } from './person.ts'
import type { TextSelection } from './text-places.ts'

export interface Guest extends Person {
  /** The song that is open there. */
  readonly song: string | null
  readonly caret: unknown
}

/** Everybody else, each device once. */
export function guests(awareness: Awareness): Guest[] {
  const own = (awareness.getLocalState()?.['user'] as Person | undefined)?.device
  const found = new Map<string, Guest>()
  for (const [clientId, state] of awareness.getStates()) {
    const user = state['user'] as Partial<Person> | undefined
    if (clientId === awareness.clientID || typeof user?.name !== 'string') continue
    const device = typeof user.device === 'string' ? user.device : `${clientId}`
    const song: unknown = state['song']
    if (device === own) continue
    found.set(device, {
      name: user.name.slice(0, 40) || 'Somebody',
      color: safeColor(user.color),
      device,
      song: typeof song === 'string' ? song : null,
      caret: state['caret'],
    })
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name) || (a.device < b.device ? -1 : 1))
}

/** A caret as others can find it again, however the text changes until they read it. */
export function caretIn(text: Y.Text, selection: TextSelection | null): unknown {
  if (selection === null) return null
  const place = (index: number): unknown => Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, index))
  return { anchor: place(selection.anchor), head: place(selection.head) }
}

/** Where somebody's caret is in this text, if it is there at all. */
export function caretOf(guest: Guest, text: Y.Text): number | null {
  const head = (guest.caret as { head?: unknown } | null)?.head
  if (typeof head !== 'object' || head === null || text.doc === null) return null
  try {
    const found = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(head), text.doc)
    return found?.type === text ? found.index : null
  } catch {
    return null // Anybody may send anything.
  }
}

export function avatar(person: Pick<Person, 'name' | 'color'>, title: string): HTMLElement {
  const circle = document.createElement('span')
  circle.className = 'avatar'
  circle.style.setProperty('--person', person.color)
  circle.textContent = initials(person.name)
  circle.title = title
  return circle
}
