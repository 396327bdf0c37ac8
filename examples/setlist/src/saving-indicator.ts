import type { Session } from './connect.ts'
import { h } from './dom.ts'
import { type SavingAction, type SavingWords, savingWords } from './saving-words.ts'

export interface SavingIndicator {
  readonly element: HTMLElement
  destroy(): void
}

const labels: Readonly<Record<SavingAction, string>> = {
  retry: 'Try now',
  undo: 'Undo them',
  keep: 'Keep a copy',
  reload: 'Reload',
}
/** Saving that is over sooner is not worth a flicker. */
const patienceMs = 300

/** Says where the edits of this device are. The words carry it; the dot beside them only repeats it in colour. */
export function savingIndicator(session: Session): SavingIndicator {
  const text = h('span', { class: 'saving-text' })
  const actions = h('span', { class: 'saving-actions' })
  const element = h(
    'div',
    { class: 'saving', role: 'status' },
    h('i', { 'aria-hidden': 'true' }),
    h('p', {}, text, ' ', actions),
  )
  let timer: ReturnType<typeof setTimeout> | undefined

  function show(): void {
    clearTimeout(timer)
    const { saving } = session
    if (saving.kind === 'saving' && element.dataset['kind'] === 'saved') timer = setTimeout(say, patienceMs)
    else say()
  }

  function say(): void {
    const { saving } = session
    const words = savingWords(saving, Date.now())
    element.dataset['kind'] = saving.kind
    element.dataset['tone'] = words.tone
    if (text.textContent !== words.text) text.textContent = words.text
    showActions(words)
    // Seconds are counted down on the screen, and not read out one by one.
    element.setAttribute('aria-live', saving.kind === 'reconnecting' ? 'off' : 'polite')
    if (saving.kind === 'reconnecting') timer = setTimeout(say, 1000)
  }

  function showActions(words: SavingWords): void {
    if (actions.dataset['shown'] === words.actions.join()) return
    actions.dataset['shown'] = words.actions.join()
    actions.replaceChildren(
      ...words.actions.map(action => {
        const button = h('button', { type: 'button', 'data-action': action }, labels[action])
        button.addEventListener('click', () => session.act(action))
        return button
      }),
    )
  }

  const stop = session.onSaving(show)
  say()
  return {
    element,
    destroy() {
      stop()
      clearTimeout(timer)
    },
  }
}
