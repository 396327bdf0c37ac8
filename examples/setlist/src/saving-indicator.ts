import { savingText } from '@tutti/client'
import type { Session } from './connect.ts'
import { h } from './dom.ts'
import { type Action, actions, sayCalmly, tone } from './saving-look.ts'

export interface SavingIndicator {
  readonly element: HTMLElement
  destroy(): void
}

const labels: Readonly<Record<Action, string>> = { retry: 'Try now', undo: 'Undo them', keep: 'Keep a copy' }

/** Says where the edits of this device are. The words carry it; the dot beside them only repeats it in colour. */
export function savingIndicator(session: Session): SavingIndicator {
  const text = h('span', { class: 'saving-text' })
  const buttons = h('span', { class: 'saving-actions' })
  const element = h(
    'div',
    { class: 'saving', role: 'status' },
    h('i', { 'aria-hidden': 'true' }),
    h('p', {}, text, ' ', buttons),
  )

  const { changed, stop } = sayCalmly(
    () => session.provider.saving,
    state => {
      // Seconds are counted down on the screen, and not read out one by one.
      element.setAttribute('aria-live', state.kind === 'reconnecting' ? 'off' : 'polite')
      element.dataset['tone'] = tone(state)
      if (text.textContent !== savingText(state)) text.textContent = savingText(state)
      offer(actions(state))
    },
  )

  function offer(choices: readonly Action[]): void {
    if (buttons.dataset['offered'] === choices.join()) return
    buttons.dataset['offered'] = choices.join()
    buttons.replaceChildren(...choices.map(choice => actionButton(choice)))
  }

  function actionButton(choice: Action): HTMLElement {
    const button = h('button', { type: 'button' }, labels[choice])
    button.addEventListener('click', () => void session.act(choice))
    return button
  }

  session.provider.on('saving-state', changed)
  changed()
  return {
    element,
    destroy() {
      session.provider.off('saving-state', changed)
      stop()
    },
  }
}
