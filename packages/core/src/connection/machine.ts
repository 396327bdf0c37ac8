import { type ErrorCode, errorKinds, isFinalCloseCode } from '../base/error.ts'
import type { Millis } from '../base/time.ts'
import { type BackoffOptions, backoffMs } from '../timing/backoff.ts'

// One connection to one server, as a function. What happens is an event, what is to be done is an effect; time and chance
// come with the event. The table is total: every event has an answer in every state.
//
//   idle ──start──▶ authorizing ──▶ connecting ──▶ greeting ──▶ online
//                        ▲               └─────── any loss ───────┘
//                        └──time── waiting ◀──────────┘   a final code ──▶ closed

/** Why a connection is not there. `code` is a WebSocket close code. */
export interface Parting {
  readonly code: number
  readonly reason: string
}

/** What every trying state remembers. */
interface Trying {
  /** Attempts in a row without a steady connection; 0 for the first. */
  readonly attempt: number
  /** The server has just said "unauthorized" once; a fresh token was fetched for this attempt. */
  readonly denied: boolean
}

export type ConnectionState =
  | { readonly kind: 'idle' }
  | ({ readonly kind: 'authorizing' } & Trying)
  | ({ readonly kind: 'connecting' } & Trying)
  | ({ readonly kind: 'greeting' } & Trying)
  | ({ readonly kind: 'online'; readonly sinceTicks: Millis } & Trying)
  | ({ readonly kind: 'waiting'; readonly untilTicks: Millis; readonly why: Parting } & Trying)
  | { readonly kind: 'closed'; readonly why: Parting }

export type ConnectionEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'token-ready' }
  | { readonly kind: 'token-failed' }
  | { readonly kind: 'socket-opened' }
  | { readonly kind: 'welcomed' }
  | { readonly kind: 'socket-closed'; readonly code: number; readonly reason: string }
  | {
      readonly kind: 'bye'
      readonly code: ErrorCode
      readonly message: string
      readonly afterMs: Millis
      readonly jitterMs: Millis
    }
  /** Nothing was heard for too long. */
  | { readonly kind: 'silent' }
  /** The wait that was asked for is over. */
  | { readonly kind: 'time-is-up' }
  /** A person does not want to wait. */
  | { readonly kind: 'retry-now' }
  | { readonly kind: 'network-came' }
  | { readonly kind: 'network-gone' }

export type ConnectionEffect =
  | { readonly kind: 'fetch-token' }
  | { readonly kind: 'open-socket' }
  | { readonly kind: 'greet' }
  /** Drops the socket, or the attempt at one; nothing of it is heard any more. */
  | { readonly kind: 'close-socket' }
  | { readonly kind: 'wake-after'; readonly ms: Millis }
  | { readonly kind: 'forget-wake' }

/** What a step may know of the world. */
export interface ConnectionContext {
  readonly ticks: Millis
  /** A number in [0, 1). */
  readonly random: number
  /** True when a fresh token can be asked for. */
  readonly canRefresh: boolean
  readonly backoff: BackoffOptions
}

export interface ConnectionStep {
  readonly state: ConnectionState
  readonly effects: readonly ConnectionEffect[]
}

export type ConnectionStateKind = ConnectionState['kind']
export type ConnectionEventKind = ConnectionEvent['kind']
type StateOf<K extends ConnectionStateKind> = Extract<ConnectionState, { kind: K }>
type EventOf<K extends ConnectionEventKind> = Extract<ConnectionEvent, { kind: K }>
type Cell<S extends ConnectionStateKind, E extends ConnectionEventKind> = (
  state: StateOf<S>,
  event: EventOf<E>,
  context: ConnectionContext,
) => ConnectionStep
type Row<S extends ConnectionStateKind> = { readonly [E in ConnectionEventKind]: Cell<S, E> }
type Table = { readonly [S in ConnectionStateKind]: Row<S> }

/** A token function or a server that does not answer is given up after this long. */
const patienceMs: Millis = 15_000
/** A connection that held this long counts as a good one: the next loss starts again with the shortest wait. */
const steadyMs: Millis = 5_000

const noToken: Parting = { code: 1006, reason: 'no token could be had' }
const noAnswer: Parting = { code: 1006, reason: 'the server does not answer' }
const noNetwork: Parting = { code: 1006, reason: 'the network is gone' }
const silence: Parting = { code: 1006, reason: 'nothing was heard for too long' }
const unauthorizedCode: number = errorKinds.unauthorized.closeCode

const stay = (state: ConnectionState): ConnectionStep => ({ state, effects: [] })
const go = (state: ConnectionState, ...effects: ConnectionEffect[]): ConnectionStep => ({ state, effects })
const drop: ConnectionEffect = { kind: 'close-socket' }
const forget: ConnectionEffect = { kind: 'forget-wake' }

function attemptNow({ attempt, denied }: Trying, ...before: ConnectionEffect[]): ConnectionStep {
  const wake: ConnectionEffect = { kind: 'wake-after', ms: patienceMs }
  return go({ kind: 'authorizing', attempt, denied }, ...before, wake, { kind: 'fetch-token' })
}

function waitFor(ms: Millis, attempt: number, denied: boolean, why: Parting, ticks: Millis): ConnectionStep {
  const state: ConnectionState = { kind: 'waiting', attempt, denied, untilTicks: ticks + ms, why }
  return go(state, drop, { kind: 'wake-after', ms })
}

/** An attempt, or a connection, came to nothing. */
function gone(
  state: Trying & { readonly sinceTicks?: Millis },
  why: Parting,
  context: ConnectionContext,
): ConnectionStep {
  const wasSteady = state.sinceTicks !== undefined && context.ticks - state.sinceTicks >= steadyMs
  const denied = state.denied && !wasSteady
  if (why.code === unauthorizedCode && context.canRefresh && !denied) {
    return attemptNow({ attempt: state.attempt, denied: true }, drop)
  }
  if (isFinalCloseCode(why.code)) return go({ kind: 'closed', why }, drop, forget)
  const attempt = wasSteady ? 0 : state.attempt
  const chance = { next: () => context.random, bytes: () => new Uint8Array(0) }
  return waitFor(backoffMs(attempt, chance, context.backoff), attempt + 1, denied, why, context.ticks)
}

/** The server says when to come back, and spreads its clients over `jitterMs`. */
function sentAway(
  state: Trying & { readonly sinceTicks?: Millis },
  event: EventOf<'bye'>,
  context: ConnectionContext,
): ConnectionStep {
  const why = { code: errorKinds[event.code].closeCode, reason: event.message }
  const fallback = gone(state, why, context)
  if (fallback.state.kind !== 'waiting' || event.afterMs + event.jitterMs === 0) return fallback
  const ms = event.afterMs + Math.round(context.random * event.jitterMs)
  return waitFor(ms, fallback.state.attempt, fallback.state.denied, why, context.ticks)
}

const socketClosed = (state: Trying & { readonly sinceTicks?: Millis }, event: Parting, context: ConnectionContext) =>
  gone(state, { code: event.code, reason: event.reason }, context)

const stopped = (): ConnectionStep => go({ kind: 'idle' }, drop, forget)

/** Answers that all states on the way to a connection share. */
const underway = {
  start: stay,
  stop: stopped,
  'socket-closed': socketClosed,
  bye: sentAway,
  silent: (state: Trying, _event: unknown, context: ConnectionContext) => gone(state, silence, context),
  'time-is-up': (state: Trying, _event: unknown, context: ConnectionContext) => gone(state, noAnswer, context),
  'retry-now': stay,
  'network-came': stay,
  'network-gone': (state: Trying, _event: unknown, context: ConnectionContext) => gone(state, noNetwork, context),
}

const resting = {
  'token-ready': stay,
  'token-failed': stay,
  'socket-opened': stay,
  welcomed: stay,
  'socket-closed': stay,
  bye: stay,
  silent: stay,
  'network-gone': stay,
}

const table: Table = {
  idle: {
    ...resting,
    start: () => attemptNow({ attempt: 0, denied: false }),
    stop: stay,
    'time-is-up': stay,
    'retry-now': stay,
    'network-came': stay,
  },
  authorizing: {
    ...underway,
    'token-ready': ({ attempt, denied }) => go({ kind: 'connecting', attempt, denied }, { kind: 'open-socket' }),
    'token-failed': (state, _event, context) => gone(state, noToken, context),
    'socket-opened': stay,
    welcomed: stay,
    'socket-closed': stay,
    bye: stay,
    silent: stay,
  },
  connecting: {
    ...underway,
    'token-ready': stay,
    'token-failed': stay,
    'socket-opened': ({ attempt, denied }) => go({ kind: 'greeting', attempt, denied }, { kind: 'greet' }),
    welcomed: stay,
  },
  greeting: {
    ...underway,
    'token-ready': stay,
    'token-failed': stay,
    'socket-opened': stay,
    welcomed: ({ attempt, denied }, _event, { ticks }) =>
      go({ kind: 'online', attempt, denied, sinceTicks: ticks }, forget),
  },
  online: {
    ...underway,
    'token-ready': stay,
    'token-failed': stay,
    'socket-opened': stay,
    welcomed: stay,
    'time-is-up': stay,
  },
  waiting: {
    ...resting,
    start: state => attemptNow(state, forget),
    stop: stopped,
    'time-is-up': state => attemptNow(state),
    'retry-now': state => attemptNow(state, forget),
    'network-came': state => attemptNow(state, forget),
  },
  closed: {
    ...resting,
    start: () => attemptNow({ attempt: 0, denied: false }),
    stop: stopped,
    'time-is-up': stay,
    'retry-now': stay,
    'network-came': stay,
  },
}

export const idleConnection: ConnectionState = { kind: 'idle' }

/** What becomes of a connection when something happens (SPEC CON1 to CON8). Pure. */
export function stepConnection(
  state: ConnectionState,
  event: ConnectionEvent,
  context: ConnectionContext,
): ConnectionStep {
  const cell = table[state.kind][event.kind] as Cell<ConnectionStateKind, ConnectionEventKind>
  return cell(state, event, context)
}

export const connectionStateKinds: readonly ConnectionStateKind[] = Object.keys(table) as ConnectionStateKind[]
export const connectionEventKinds: readonly ConnectionEventKind[] = Object.keys(table.idle) as ConnectionEventKind[]
