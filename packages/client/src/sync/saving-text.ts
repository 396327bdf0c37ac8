import type { AtStake, SavingState } from './saving-state.ts'

/** A saving state in words, for an indicator that is text first. English; apps with other languages switch on `kind`. */
export function savingText(state: SavingState): string {
  switch (state.kind) {
    case 'loading':
      return 'Opening…'
    case 'saved':
      return 'All changes saved'
    case 'saving':
      return state.edits === 0 ? 'Checking for changes…' : 'Saving…'
    case 'offline':
      return sentence('Offline', state)
    case 'reconnecting':
      return sentence(state.inMs === 0 ? 'Reconnecting' : `Reconnecting in ${Math.ceil(state.inMs / 1000)} s`, state)
    case 'store-unavailable':
      return sentence('The server cannot save now', state)
    case 'refused':
      return sentence(`Not saved: ${state.reason}`, state)
    case 'read-only':
      return state.reason
    case 'ended':
      return sentence(state.reason === '' ? 'The server ended the connection' : state.reason, state)
  }
}

function sentence(what: string, { edits, onThisDevice }: AtStake): string {
  if (edits === 0) return what
  const changes = edits === 1 ? '1 change' : `${edits} changes`
  return onThisDevice ? `${what}. ${changes} saved on this device` : `${what}. ${changes} NOT saved on this device`
}
