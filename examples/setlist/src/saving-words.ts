import type { SavingState } from './connect.ts'

export interface SavingWords {
  readonly text: string
  /** calm: nothing to do · busy: wait · away: safe here · alarm: something can be lost, or needs a person. */
  readonly tone: 'calm' | 'busy' | 'away' | 'alarm'
  readonly actions: readonly SavingAction[]
}

export type SavingAction = 'retry' | 'undo' | 'keep' | 'reload'

/** What is true about the edits of this device, in words. */
export function savingWords(state: SavingState, now: number): SavingWords {
  switch (state.kind) {
    case 'opening':
      return words('Opening…', 'busy')
    case 'saved':
      return words('All changes saved', 'calm')
    case 'saving':
      return words('Saving…', 'busy')
    case 'offline':
      if (!state.onDevice) return words('Offline. Changes are NOT saved on this device', 'alarm', ['retry'])
      return words(state.edits === 0 ? 'Offline' : `Offline. ${changes(state.edits)} saved on this device`, 'away', [
        'retry',
      ])
    case 'reconnecting': {
      const seconds = Math.max(1, Math.ceil((state.retryAt - now) / 1000))
      const kept = state.onDevice
        ? state.edits === 0
          ? ''
          : `. ${changes(state.edits)} saved on this device`
        : '. Changes are NOT saved on this device'
      return words(`Reconnecting in ${seconds} s${kept}`, state.onDevice ? 'away' : 'alarm', ['retry'])
    }
    case 'store-refusing':
      return words(`The server cannot save now. ${changes(state.edits)} kept here`, state.onDevice ? 'away' : 'alarm')
    case 'refused':
      return words(`${changes(state.edits)} refused: ${state.reason}`, 'alarm', ['undo', 'keep'])
    case 'closed':
      return words(state.reason, 'alarm')
  }
}

function words(text: string, tone: SavingWords['tone'], actions: readonly SavingAction[] = []): SavingWords {
  return { text, tone, actions }
}

function changes(count: number): string {
  return count === 1 ? '1 change' : `${count} changes`
}
