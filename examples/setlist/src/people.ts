import type { Awareness } from 'y-protocols/awareness'
import { h } from './dom.ts'
import { colors, type Person, personHere, rememberPerson } from './person.ts'
import { avatar, guests } from './presence.ts'

export interface People {
  readonly element: HTMLElement
  destroy(): void
}

const most = 4

/** Who is here. The last circle is the one who holds this device: its name is asked once and can be changed there. */
export function people(awareness: Awareness): People {
  let me = personHere()
  const circles = h('ul', { class: 'circles', 'aria-label': 'Also here' })
  const self = h('button', { type: 'button', class: 'self', 'aria-haspopup': 'dialog' })
  const name = h('input', {
    placeholder: 'Name or instrument',
    maxlength: '24',
    autocomplete: 'nickname',
    'aria-label': 'Your name',
  })
  const choices = Object.entries(colors).map(([color, value]) => colorChoice(color, value))
  const card = h(
    'form',
    { class: 'card', role: 'dialog', 'aria-label': 'Who are you?', hidden: true },
    h('strong', {}, 'Who are you?'),
    h('p', {}, 'So that the others see who changes what.'),
    name,
    h('fieldset', {}, h('legend', { class: 'for-ears' }, 'Colour'), ...choices),
    h('button', { type: 'submit', class: 'primary' }, 'Done'),
  )

  function colorChoice(color: string, value: string): HTMLElement {
    const input = h('input', { type: 'radio', name: 'color', value, 'aria-label': color })
    input.addEventListener('change', () => introduce({ ...me, color: value }))
    const label = h('label', { class: 'swatch' }, input)
    label.style.setProperty('--person', value)
    return label
  }

  function introduce(person: Person): void {
    me = rememberPerson(person)
    awareness.setLocalStateField('user', me)
    self.replaceChildren(avatar(me, me.name || 'You'))
    self.setAttribute('aria-label', `You are ${me.name || 'nobody yet'}. Change your name`)
    for (const choice of choices) {
      const input = choice.querySelector('input')
      if (input !== null) input.checked = input.value === me.color
    }
  }

  function show(): void {
    const all = guests(awareness)
    const shown = all
      .slice(0, most)
      .map(guest => h('li', {}, avatar(guest, guest.name), h('span', { class: 'for-ears' }, guest.name)))
    if (all.length > most) shown.push(h('li', {}, h('span', { class: 'avatar more' }, `+${all.length - most}`)))
    circles.replaceChildren(...shown)
  }

  function openCard(isOpen: boolean): void {
    card.hidden = !isOpen
    self.setAttribute('aria-expanded', `${isOpen}`)
    if (isOpen) name.value = me.name
  }

  self.addEventListener('click', () => {
    openCard(card.hidden === true)
    if (!card.hidden) name.focus()
  })
  name.addEventListener('input', () => introduce({ ...me, name: name.value.trim() }))
  card.addEventListener('submit', event => {
    event.preventDefault()
    openCard(false)
    self.focus()
  })
  card.addEventListener('keydown', event => event.key === 'Escape' && openCard(false))
  awareness.on('change', show)
  introduce(me)
  show()
  openCard(me.name === '')

  return {
    element: h('div', { class: 'people-here' }, circles, self, card),
    destroy: () => awareness.off('change', show),
  }
}
