import { idleConnection } from '@tutti/core'
import { describe, expect, it } from 'vitest'
import { isSameSaving, type SavingFacts, savingState } from './saving-state.ts'
import { savingText } from './saving-text.ts'

const nothing = { edits: 0, bytes: 0, onThisDevice: true }
const some = { edits: 12, bytes: 480, onThisDevice: true }
const why = { code: 1006, reason: '' }
const online = { kind: 'online', attempt: 0, denied: false, sinceTicks: 0 } as const
const waiting = { kind: 'waiting', attempt: 1, denied: false, untilTicks: 4_000, why } as const

const well: SavingFacts = {
  phase: { kind: 'live' },
  connection: online,
  ticks: 0,
  wantsConnection: true,
  networkMayBeThere: true,
  isLoaded: true,
  isSynced: true,
  hasContent: true,
  isReadOnly: false,
  atStake: nothing,
  isReceived: false,
  refusal: null,
  savedAt: 7,
}
const tell = (facts: Partial<SavingFacts>) => savingText(savingState({ ...well, ...facts }))

describe('what people are told', () => {
  it('[CLI1] is one sentence that follows from facts', () => {
    expect(tell({})).toBe('All changes saved')
    expect(tell({ isLoaded: false })).toBe('Opening…')
    expect(tell({ atStake: some })).toBe('Saving…')
    expect(tell({ isSynced: false })).toBe('Checking for changes…')
    expect(tell({ isSynced: false, hasContent: false })).toBe('Opening…')
    expect(tell({ wantsConnection: false, connection: idleConnection, atStake: some })).toBe(
      'Offline. 12 changes saved on this device',
    )
    expect(tell({ networkMayBeThere: false, connection: waiting, atStake: { ...some, onThisDevice: false } })).toBe(
      'Offline. 12 changes NOT saved on this device',
    )
    expect(tell({ connection: waiting, ticks: 500 })).toBe('Reconnecting in 4 s')
    expect(tell({ phase: { kind: 'store-unavailable', reason: 'disk full' }, atStake: { ...some, edits: 1 } })).toBe(
      'The server cannot save now. 1 change saved on this device',
    )
    expect(tell({ refusal: { code: 'over-limit', message: 'too deep' }, atStake: some })).toBe(
      'Not saved: too deep. 12 changes saved on this device',
    )
    expect(tell({ isReadOnly: true })).toBe('You may read this document, not change it.')
    expect(tell({ phase: { kind: 'ended', code: 'forbidden', message: 'Not for you' } })).toBe('Not for you')
    expect(tell({ connection: { kind: 'closed', why: { code: 4426, reason: 'Too old' } } })).toBe('Too old')
  })

  it('[CLI1] never says saved while something is pending, or the server has not been asked', () => {
    const phases = ['loading', 'apart', 'opening', 'catching-up', 'uploading', 'live', 'stuck'] as const
    for (const kind of phases) {
      for (const connection of [idleConnection, waiting, online]) {
        expect(savingState({ ...well, phase: { kind }, connection, atStake: some }).kind).not.toBe('saved')
        expect(savingState({ ...well, phase: { kind }, connection, isSynced: false }).kind).not.toBe('saved')
      }
    }
  })

  it('is told anew only when it says something else', () => {
    expect(isSameSaving(savingState(well), savingState({ ...well }))).toBe(true)
    expect(isSameSaving(savingState(well), savingState({ ...well, savedAt: 8 }))).toBe(false)
    expect(isSameSaving(savingState(well), savingState({ ...well, atStake: some }))).toBe(false)
  })
})
