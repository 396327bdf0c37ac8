import { ByteCursor } from '../base/byte-cursor.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { type Failure, failure } from '../base/error.ts'
import { checkJson } from '../base/json-check.ts'
import { err, ok, type Result } from '../base/result.ts'
import { protocolLimits } from './limits.ts'

/** The presence of one client id, as y-protocols sends it. */
export interface AwarenessEntry {
  readonly client: number
  readonly clock: number
  /** JSON; "null" when the client has left. */
  readonly state: string
}

/** Decodes a presence message from untrusted bytes: bounded, well-formed JSON only (SPEC AWR1). */
export function decodeAwareness(bytes: Uint8Array): Result<readonly AwarenessEntry[], Failure> {
  const from = new ByteCursor(bytes)
  const count = from.uint()
  if (count > protocolLimits.maxAwarenessEntries) {
    return err(failure('over-limit', `presence speaks for at most ${protocolLimits.maxAwarenessEntries} clients`))
  }
  const entries: AwarenessEntry[] = []
  for (let i = 0; i < count && from.fault === null; i++) {
    const client = from.uint()
    const clock = from.uint()
    if (client >= 2 ** 32) from.fail('a client id is too large')
    const before = from.at
    const length = from.uint()
    if (length > protocolLimits.maxAwarenessStateBytes) {
      return err(failure('over-limit', `a presence has at most ${protocolLimits.maxAwarenessStateBytes} bytes`))
    }
    const textAt = from.at
    from.at = before
    const state = from.string()
    if (from.fault === null && !isPlainState(bytes, textAt, from.at)) from.fail('a state is not a plain JSON object')
    entries.push({ client, clock, state })
  }
  if (from.fault === null && from.at !== from.end) from.fail('bytes after the end')
  if (from.fault !== null) return err(failure('malformed', `not a presence message: ${from.fault}`))
  return ok(entries)
}

export function encodeAwareness(entries: readonly AwarenessEntry[]): Uint8Array {
  const to = new ByteWriter(64 * (entries.length + 1)).uint(entries.length)
  for (const entry of entries) to.uint(entry.client).uint(entry.clock).string(entry.state)
  return to.bytes()
}

/** An own "__proto__" becomes a real prototype once an app copies the state; deep nesting overflows whoever compares it. */
const stateRules = { maxDepth: 64, maxValues: protocolLimits.maxAwarenessStateBytes, forbidden: ['__proto__'] }

function isPlainState(bytes: Uint8Array, from: number, to: number): boolean {
  const isObject = bytes[from] === 0x7b
  const isNull = to - from === 4 && bytes[from] === 0x6e
  return (isObject || isNull) && checkJson(bytes, from, to, stateRules) === null
}
