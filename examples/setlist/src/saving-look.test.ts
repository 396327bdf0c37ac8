import { type SavingState, savingText } from '@tutti/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { actions, sayCalmly, tone } from './saving-look.ts'

const kept = { edits: 12, bytes: 340, onThisDevice: true }
const unkept = { ...kept, onThisDevice: false }
const nothing = { edits: 0, bytes: 0, onThisDevice: true }
const saved: SavingState = { kind: 'saved', at: null }
const saving: SavingState = { kind: 'saving', received: false, ...kept }

it('[SET11] the words say what is so, the colour how urgent it is', () => {
  const looks: readonly [SavingState, string, string][] = [
    [{ kind: 'loading' }, 'Opening…', 'busy'],
    [saved, 'All changes saved', 'calm'],
    [saving, 'Saving…', 'busy'],
    [{ kind: 'offline', ...nothing }, 'Offline', 'away'],
    [{ kind: 'offline', ...kept }, 'Offline. 12 changes saved on this device', 'away'],
    [{ kind: 'offline', ...unkept }, 'Offline. 12 changes NOT saved on this device', 'alarm'],
    [{ kind: 'reconnecting', inMs: 3_100, ...nothing }, 'Reconnecting in 4 s', 'away'],
  ]
  for (const [state, text, urgency] of looks) expect([savingText(state), tone(state)]).toEqual([text, urgency])
})

it('who can do something is told what', () => {
  expect(actions({ kind: 'refused', code: 'read-only', reason: 'frozen', ...kept })).toEqual(['undo', 'keep'])
  expect(actions({ kind: 'reconnecting', inMs: 4000, ...kept })).toEqual(['retry'])
  expect(actions(saved)).toEqual([])
})

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('[SET11] saving is said when it takes long, and never flickers', () => {
  let state: SavingState = saved
  const said: string[] = []
  const calm = sayCalmly(
    () => state,
    ({ kind }) => said.push(kind),
  )
  const change = (to: SavingState): void => {
    state = to
    calm.changed()
  }
  change(saved)
  for (let n = 0; n < 5; n++) {
    change(saving)
    vi.advanceTimersByTime(200)
    change(saved)
    vi.advanceTimersByTime(1000)
  }
  expect(new Set(said)).toEqual(new Set(['saved']))

  change(saving)
  vi.advanceTimersByTime(299)
  expect(said.at(-1)).toBe('saved')
  change(saving)
  vi.advanceTimersByTime(1)
  expect(said.at(-1)).toBe('saving')
  change({ kind: 'offline', ...unkept })
  expect(said.at(-1)).toBe('offline')
  calm.stop()
})

it('the seconds to the next attempt pass on the screen', () => {
  let inMs = 3000
  const said: string[] = []
  const calm = sayCalmly(
    () => ({ kind: 'reconnecting', inMs, ...nothing }),
    state => said.push(savingText(state)),
  )
  calm.changed()
  for (; inMs > 1000; ) {
    inMs -= 1000
    vi.advanceTimersByTime(1000)
  }
  calm.stop()
  expect(said).toEqual([3, 2, 1].map(seconds => `Reconnecting in ${seconds} s`))
})
