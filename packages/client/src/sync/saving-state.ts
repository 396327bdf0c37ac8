import type { ConnectionState, ErrorCode, Millis } from '@tutti/core'
import type { Phase } from './phase.ts'

/** What is not on the server's disk, and whether it would survive the end of this tab. */
export interface AtStake {
  readonly edits: number
  readonly bytes: number
  /** Everything of it is on this device. True when there is nothing. */
  readonly onThisDevice: boolean
}

/** What people should be told about their work; one of it at a time (SPEC CLI1). `savingText` says it in words. */
export type SavingState =
  /** Opening: there is nothing to show yet. */
  | { readonly kind: 'loading' }
  /** Everything is on the server's disk; `at` is when the last edit of this session got there. */
  | { readonly kind: 'saved'; readonly at: Millis | null }
  /** On its way. `received`: the server has it, its disk not yet. */
  | ({ readonly kind: 'saving'; readonly received: boolean } & AtStake)
  /** No connection, and none is being made: switched off, or the network is gone. */
  | ({ readonly kind: 'offline' } & AtStake)
  /** The connection was lost; the next attempt comes in `inMs` (0: it is under way). */
  | ({ readonly kind: 'reconnecting'; readonly inMs: Millis } & AtStake)
  /** The server's disk takes nothing now; it will be tried again by itself. */
  | ({ readonly kind: 'store-unavailable'; readonly reason: string } & AtStake)
  /** The server will not take an edit; nothing more is sent until somebody decides. */
  | ({ readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string } & AtStake)
  /** Nothing of ours is pending, and nothing may be written. */
  | { readonly kind: 'read-only'; readonly reason: string }
  /** The server ended it for good: not allowed, signed out, too old. `connect()` tries again. */
  | ({ readonly kind: 'ended'; readonly code: ErrorCode | number; readonly reason: string } & AtStake)

/** Everything the saving state follows from. */
export interface SavingFacts {
  readonly phase: Phase
  readonly connection: ConnectionState
  readonly ticks: Millis
  readonly wantsConnection: boolean
  readonly networkMayBeThere: boolean
  readonly isLoaded: boolean
  readonly isSynced: boolean
  /** The device had a copy, or the document has content: there is something to show before the server answers. */
  readonly hasContent: boolean
  readonly isReadOnly: boolean
  readonly atStake: AtStake
  readonly isReceived: boolean
  readonly refusal: { readonly code: ErrorCode; readonly message: string } | null
  readonly savedAt: Millis | null
}

/** The saving state, from facts alone. */
export function savingState(facts: SavingFacts): SavingState {
  const { phase, connection, atStake } = facts
  if (!facts.isLoaded) return { kind: 'loading' }
  if (phase.kind === 'ended') return { kind: 'ended', code: phase.code, reason: phase.message, ...atStake }
  if (connection.kind === 'closed') {
    return { kind: 'ended', code: connection.why.code, reason: connection.why.reason, ...atStake }
  }
  if (facts.refusal !== null) {
    return { kind: 'refused', code: facts.refusal.code, reason: facts.refusal.message, ...atStake }
  }
  if (!facts.wantsConnection) return { kind: 'offline', ...atStake }
  if (connection.kind !== 'online') {
    if (!facts.networkMayBeThere) return { kind: 'offline', ...atStake }
    if (connection.kind === 'waiting') {
      return { kind: 'reconnecting', inMs: Math.max(0, connection.untilTicks - facts.ticks), ...atStake }
    }
    const isFirst = connection.kind === 'idle' || connection.attempt === 0
    if (isFirst && !facts.hasContent && atStake.edits === 0) return { kind: 'loading' }
    return { kind: 'reconnecting', inMs: 0, ...atStake }
  }
  if (phase.kind === 'store-unavailable') return { kind: 'store-unavailable', reason: phase.reason, ...atStake }
  if (atStake.edits > 0) return { kind: 'saving', received: facts.isReceived, ...atStake }
  if (!facts.isSynced) return facts.hasContent ? { kind: 'saving', received: false, ...atStake } : { kind: 'loading' }
  if (facts.isReadOnly) return { kind: 'read-only', reason: 'You may read this document, not change it.' }
  return { kind: 'saved', at: facts.savedAt }
}

/** Whether two states say the same to a person; the time left until the next attempt counts down by itself. */
export function isSameSaving(a: SavingState, b: SavingState): boolean {
  const keys = Object.keys(a) as (keyof SavingState)[]
  return keys.length === Object.keys(b).length && keys.every(key => a[key] === b[key])
}
