import { h } from './dom.ts'

const place = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' })
const lastsMs = 8_000

/** Says something at the foot of the page for a while, with one thing that can be done about it. */
export function toast(message: string, action?: { readonly label: string; run(): void }): void {
  if (!place.isConnected) document.body.append(place)
  const note = h('div', { class: 'toast' }, h('span', {}, message))
  let timer = setTimeout(leave, lastsMs)
  function leave(): void {
    clearTimeout(timer)
    note.remove()
  }
  if (action !== undefined) {
    const button = h('button', { type: 'button' }, action.label)
    button.addEventListener('click', () => {
      leave()
      action.run()
    })
    note.append(button)
  }
  // Who reaches for the button has all the time in the world.
  note.addEventListener('pointerenter', () => clearTimeout(timer))
  note.addEventListener('pointerleave', () => {
    timer = setTimeout(leave, lastsMs)
  })
  place.replaceChildren(note)
}
