import { varintLength, writeVarint } from '../base/bytes.ts'
import { type Failure, failure } from '../base/error.ts'
import { err, ok, type Result } from '../base/result.ts'
import { ByteCursor } from '../base/byte-cursor.ts'

/** How far each client is known: client id to the clock after its last struct. */
export type StateVector = ReadonlyMap<number, number>

export const emptyStateVector: StateVector = new Map()

export const maxStateVectorBytes: number = 256 * 1024
export const maxStateVectorClients = 50_000

/** Decodes a Yjs state vector from untrusted bytes (SPEC UPD8). */
export function decodeStateVector(bytes: Uint8Array): Result<StateVector, Failure> {
  if (bytes.length > maxStateVectorBytes) {
    return err(failure('too-large', `a state vector has at most ${maxStateVectorBytes} bytes`))
  }
  const cursor = new ByteCursor(bytes)
  const count = cursor.uint()
  if (count > maxStateVectorClients) {
    return err(failure('over-limit', `a state vector names at most ${maxStateVectorClients} clients`))
  }
  const vector = new Map<number, number>()
  for (let i = 0; i < count && cursor.fault === null; i++) vector.set(cursor.uint(), cursor.uint())
  if (cursor.fault === null && cursor.at !== cursor.end) cursor.fail('bytes after the end')
  if (cursor.fault !== null) return err(failure('malformed', `not a state vector: ${cursor.fault}`))
  // Whoever is new brings an empty one, and it is kept for as long as they are here.
  return ok(count === 0 ? emptyStateVector : vector)
}

/** As Yjs writes it, clients descending. */
export function encodeStateVector(vector: StateVector): Uint8Array {
  const clients = [...vector.keys()].sort((a, b) => b - a)
  let length = varintLength(clients.length)
  for (const client of clients) length += varintLength(client) + varintLength(vector.get(client) as number)
  const bytes = new Uint8Array(length)
  let at = writeVarint(bytes, 0, clients.length)
  for (const client of clients) {
    at = writeVarint(bytes, at, client)
    at = writeVarint(bytes, at, vector.get(client) as number)
  }
  return bytes
}
