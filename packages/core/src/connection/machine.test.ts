import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorCodes, isFinalCloseCode } from '../base/error.ts'
import { defaultBackoff } from '../timing/backoff.ts'
import {
  type ConnectionContext,
  type ConnectionEvent,
  connectionEventKinds,
  type ConnectionState,
  connectionStateKinds,
  type ConnectionStep,
  idleConnection,
  stepConnection,
} from './machine.ts'

const world: ConnectionContext = { ticks: 0, random: 0.5, canRefresh: false, backoff: defaultBackoff }

/** Steps through `events`, giving each the world with the changes named beside it. */
function run(
  events: readonly (ConnectionEvent | [ConnectionEvent, Partial<ConnectionContext>])[],
  from: ConnectionState = idleConnection,
): ConnectionStep {
  let step: ConnectionStep = { state: from, effects: [] }
  for (const one of events) {
    const [event, more] = Array.isArray(one) ? one : [one, {}]
    step = stepConnection(step.state, event, { ...world, ...more })
  }
  return step
}

const start: ConnectionEvent = { kind: 'start' }
const ready: ConnectionEvent = { kind: 'token-ready' }
const opened: ConnectionEvent = { kind: 'socket-opened' }
const welcomed: ConnectionEvent = { kind: 'welcomed' }
const timeIsUp: ConnectionEvent = { kind: 'time-is-up' }
const closed = (code: number): ConnectionEvent => ({ kind: 'socket-closed', code, reason: 'why' })
const up = [start, ready, opened, welcomed]

const anEvent: fc.Arbitrary<ConnectionEvent> = fc.constantFrom(...connectionEventKinds).chain(kind => {
  if (kind === 'socket-closed') {
    return fc.constantFrom(1000, 1006, 1011, 1013, 4400, 4401, 4403, 4499, 4500, 4512).map(code => closed(code))
  }
  if (kind !== 'bye') return fc.constant<ConnectionEvent>({ kind })
  return fc.record({
    kind: fc.constant('bye' as const),
    code: fc.constantFrom(...errorCodes),
    message: fc.constant('bye'),
    afterMs: fc.nat(5_000),
    jitterMs: fc.nat(5_000),
  })
})

describe('the connection machine', () => {
  it('[CON1] every event has an answer in every state, and no answer throws', () => {
    const states: ConnectionState[] = [
      idleConnection,
      ...[1, 2, 3, 4].map(size => run(up.slice(0, size)).state),
      run([...up, closed(1006)]).state,
      run([...up, closed(4403)]).state,
    ]
    expect(states.map(state => state.kind).sort()).toEqual([...connectionStateKinds].sort())
    for (const state of states) {
      for (const event of fc.sample(anEvent, 200)) {
        expect(connectionStateKinds).toContain(stepConnection(state, event, world).state.kind)
      }
    }
  })

  it('[CON2] a connection is made by token, socket, greeting, in that order', () => {
    const kinds = (count: number) => run(up.slice(0, count)).effects.map(effect => effect.kind)
    expect(kinds(1)).toContain('fetch-token')
    expect(kinds(2)).toEqual(['open-socket'])
    expect(kinds(3)).toEqual(['greet'])
    expect(run(up).state).toMatchObject({ kind: 'online' })
    expect(kinds(4)).toEqual(['forget-wake'])
  })

  it('[CON3] a final close code ends it; only a new start tries again', () => {
    for (const code of [4400, 4403, 4409, 4413, 4422, 4426, 4499]) {
      const ended = run([...up, closed(code)])
      expect(ended.state).toEqual({ kind: 'closed', why: { code, reason: 'why' } })
      for (const kind of ['retry-now', 'network-came', 'time-is-up'] as const) {
        expect(run([{ kind }], ended.state).state.kind).toBe('closed')
      }
      expect(run([start], ended.state).state.kind).toBe('authorizing')
    }
    for (const code of [1000, 1006, 1011, 1013, 3000, 4500, 4512, 4599]) {
      expect(run([...up, closed(code)]).state.kind).toBe('waiting')
    }
  })

  it('[CON4] waits grow with full jitter up to the longest, and a steady connection starts them anew', () => {
    let state = run(up).state
    for (const bound of [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      for (const random of [0, 0.5, 0.999]) {
        const wait = stepConnection(state, closed(1006), { ...world, random }).effects.find(
          effect => effect.kind === 'wake-after',
        )
        expect(wait).toEqual({ kind: 'wake-after', ms: Math.round(random * bound) })
      }
      state = run([closed(1006), timeIsUp, ready, opened, welcomed], state).state
    }
    const steady = stepConnection(state, closed(1006), { ...world, ticks: 5_000, random: 1 })
    expect(steady.effects).toContainEqual({ kind: 'wake-after', ms: 250 })
  })

  it('[CON5] a server that says when to come back is obeyed, within its jitter', () => {
    const bye: ConnectionEvent = { kind: 'bye', code: 'draining', message: '', afterMs: 500, jitterMs: 2_000 }
    const gone = stepConnection(run(up).state, bye, { ...world, ticks: 100, random: 0.25 })
    expect(gone.state).toMatchObject({ kind: 'waiting', untilTicks: 1_100, why: { code: 4512 } })
    expect(gone.effects).toEqual([{ kind: 'close-socket' }, { kind: 'wake-after', ms: 1_000 }])
    const forGood = run([...up, { ...bye, code: 'forbidden' }])
    expect(forGood.state).toMatchObject({ kind: 'closed', why: { code: 4403 } })
  })

  it('[CON6] "unauthorized" gets one attempt with a fresh token, where there is a way to fetch one', () => {
    const can = { canRefresh: true }
    const denied = run([...up, [closed(4401), can]])
    expect(denied.state).toMatchObject({ kind: 'authorizing', denied: true })
    expect(denied.effects.map(effect => effect.kind)).toContain('fetch-token')
    expect(run([ready, opened, [closed(4401), can]], denied.state).state.kind).toBe('closed')
    expect(run([...up, closed(4401)]).state.kind).toBe('closed')
    // Welcomed at once and denied at once again is the same denial; after a while it is a token that ran out.
    expect(run([ready, opened, welcomed, [closed(4401), can]], denied.state).state.kind).toBe('closed')
    const later = run([ready, opened, welcomed, [closed(4401), { ...can, ticks: 60_000 }]], denied.state)
    expect(later.state.kind).toBe('authorizing')
  })

  it('[CON7] silence, a lost network and an attempt that does not get on are losses like others', () => {
    for (const kind of ['silent', 'network-gone'] as const) {
      const lost = run([...up, { kind }])
      expect(lost.state.kind).toBe('waiting')
      expect(lost.effects[0]).toEqual({ kind: 'close-socket' })
    }
    for (const size of [1, 2, 3]) expect(run([...up.slice(0, size), timeIsUp]).state.kind).toBe('waiting')
    expect(run([start, { kind: 'token-failed' }]).state.kind).toBe('waiting')
  })

  it('[CON8] who waits need not: a person or the network ends the wait', () => {
    const waiting = run([...up, closed(1006)]).state
    for (const kind of ['start', 'retry-now', 'network-came', 'time-is-up'] as const) {
      expect(run([{ kind }], waiting).state.kind).toBe('authorizing')
    }
    expect(run([{ kind: 'stop' }], waiting)).toEqual({
      state: idleConnection,
      effects: [{ kind: 'close-socket' }, { kind: 'forget-wake' }],
    })
  })

  it('[CON1] whatever happens, there is one socket at most, one wait at most, and trying states always have a wait', () => {
    const story = fc.array(fc.tuple(anEvent, fc.nat(10_000), fc.double({ min: 0, max: 0.999, noNaN: true })), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(story, fc.boolean(), (events, canRefresh) => {
        let state: ConnectionState = idleConnection
        let ticks = 0
        let hasSocket = false
        let hasWake = false
        for (const [event, ms, random] of events) {
          ticks += ms
          // The world can only tell what can happen.
          if (event.kind === 'time-is-up' && !hasWake) continue
          if (['socket-opened', 'welcomed', 'socket-closed', 'bye'].includes(event.kind) && !hasSocket) continue
          if (event.kind === 'time-is-up') hasWake = false
          if (event.kind === 'socket-closed') hasSocket = false
          const before = state
          const step = stepConnection(state, event, { ...world, ticks, random, canRefresh })
          state = step.state
          for (const effect of step.effects) {
            if (effect.kind === 'open-socket') {
              expect(hasSocket).toBe(false)
              hasSocket = true
            }
            if (effect.kind === 'close-socket') hasSocket = false
            if (effect.kind === 'wake-after') hasWake = true
            if (effect.kind === 'forget-wake') hasWake = false
          }
          if (before.kind === 'closed' && event.kind !== 'start' && event.kind !== 'stop') expect(state).toBe(before)
          if (state.kind === 'closed') expect(isFinalCloseCode(state.why.code)).toBe(true)
          expect(hasWake).toBe(['authorizing', 'connecting', 'greeting', 'waiting'].includes(state.kind))
          expect(hasSocket).toBe(['connecting', 'greeting', 'online'].includes(state.kind))
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
