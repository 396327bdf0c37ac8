import { expect, it } from 'vitest'
import type { SavingState } from './connect.ts'
import { savingWords } from './saving-words.ts'

const now = 1_000_000

it('[SET11] the words say what is so', () => {
  const said: readonly [SavingState, string][] = [
    [{ kind: 'opening' }, 'Opening…'],
    [{ kind: 'saved' }, 'All changes saved'],
    [{ kind: 'saving' }, 'Saving…'],
    [{ kind: 'offline', edits: 0, onDevice: true }, 'Offline'],
    [{ kind: 'offline', edits: 1, onDevice: true }, 'Offline. 1 change saved on this device'],
    [{ kind: 'offline', edits: 12, onDevice: true }, 'Offline. 12 changes saved on this device'],
    [{ kind: 'offline', edits: 12, onDevice: false }, 'Offline. Changes are NOT saved on this device'],
    [{ kind: 'reconnecting', edits: 0, onDevice: true, retryAt: now + 3_100 }, 'Reconnecting in 4 s'],
  ]
  for (const [state, text] of said) expect(savingWords(state, now).text).toBe(text)
})
