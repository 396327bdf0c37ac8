import type { SavingState } from '@tutti/client'

/** calm: nothing to do · busy: wait · away: safe on this device · alarm: it could be lost, or a person must decide. */
export type Tone = 'calm' | 'busy' | 'away' | 'alarm'

export type Action = 'retry' | 'undo' | 'keep'

/** How urgent a saving state is. The words say what it is; this only chooses their colour. */
export function tone(state: SavingState): Tone {
  switch (state.kind) {
    case 'saved':
    case 'read-only':
      return 'calm'
    case 'loading':
      return 'busy'
    case 'saving':
      return 'busy'
    case 'offline':
    case 'reconnecting':
    case 'store-unavailable':
      return state.onThisDevice ? 'away' : 'alarm'
    case 'refused':
    case 'ended':
      return 'alarm'
  }
}

/** What a person can do about it. */
export function actions(state: SavingState): readonly Action[] {
  switch (state.kind) {
    case 'offline':
    case 'reconnecting':
    case 'ended':
      return ['retry']
    case 'refused':
      return ['undo', 'keep']
    case 'loading':
    case 'saved':
    case 'saving':
    case 'store-unavailable':
    case 'read-only':
      return []
  }
}

/** Saving that is over sooner is not worth a flicker. */
const patienceMs = 300

/** Says each new state, saving only when it lasts, and the seconds to the next attempt as they pass. */
export function sayCalmly(
  read: () => SavingState,
  say: (state: SavingState) => void,
): { changed: () => void; stop: () => void } {
  let said: SavingState['kind'] | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function now(): void {
    const state = read()
    said = state.kind
    say(state)
    clearTimeout(timer)
    timer = state.kind === 'reconnecting' ? setTimeout(now, 1000) : undefined
  }

  return {
    changed: () => {
      const isBrief = read().kind === 'saving' && said !== null && said !== 'saving'
      if (!isBrief) now()
      else timer ??= setTimeout(now, patienceMs)
    },
    stop: () => clearTimeout(timer),
  }
}
