import { protocolLimits } from '@tutti/core'
import type { Identity, User } from './authorize.ts'

/** What the server itself says of who is present: their subject, and what their token says of them. */
export interface PresentedUser extends User {
  readonly id: string
}

/** `null` where nobody is asked who they are: people say of themselves what they like. */
export function presentedUser({ subject, user }: Identity): PresentedUser | null {
  return subject === '' ? null : { ...user, id: subject }
}

/**
 * A presence with the `user` the server knows: its keys are written over what was said, others (a colour) stay.
 * `state` is the JSON of an object; one that would grow too long by this says who it is and nothing else.
 */
export function withUser(state: string, user: PresentedUser): string {
  const said = JSON.parse(state) as Record<string, unknown>
  const own = said['user']
  const isObject = typeof own === 'object' && own !== null && !Array.isArray(own)
  const written = JSON.stringify({ ...said, user: { ...(isObject ? own : {}), ...user } })
  return Buffer.byteLength(written) <= protocolLimits.maxAwarenessStateBytes ? written : JSON.stringify({ user })
}
