import { type Failure, failure } from '../base/error.ts'
import { err, ok, type Result } from '../base/result.ts'
import { ByteCursor } from '../base/byte-cursor.ts'
import type { UpdateLimits } from './limits.ts'
import { emptyStructView, readStruct, structKind } from './struct.ts'

/** Numbers per struct in `ScannedUpdate.structs`. */
export const structStride = 13

/** Offsets into one struct's numbers. */
export const field = {
  clock: 0,
  length: 1,
  /** First byte and the byte after the last, in the update. */
  from: 2,
  to: 3,
  /** The info byte as read. */
  info: 4,
  originClient: 5,
  /** -1 for no left origin; the same for the right one. */
  originClock: 6,
  rightClient: 7,
  rightClock: 8,
  /** `parentKind`. */
  parent: 9,
  parentClient: 10,
  parentClock: 11,
  /** Where the content begins, in the update. */
  contentAt: 12,
} as const

/**
 * The structs of one client in an update: `structs[first * stride ...]`, `count` of them, at least one, clocks ascending.
 * The last one is never a Skip.
 */
export interface Section {
  readonly client: number
  readonly first: number
  readonly count: number
}

/** A Yjs V1 update, decoded as far as a relay needs it: clock ranges, references, delete ranges. No content is built. */
export interface ScannedUpdate {
  readonly bytes: Uint8Array
  readonly sections: readonly Section[]
  /** `structStride` numbers for each struct, skips included. */
  readonly structs: readonly number[]
  /** Flat [client, clock, length, ...] of what the update deletes by its delete set. */
  readonly deletes: readonly number[]
}

const cursor = new ByteCursor(new Uint8Array(0))
const view = emptyStructView()
const maxClientId = 2 ** 32

/**
 * Decodes a Yjs V1 update within bounds (SPEC UPD1, UPD2, UPD6). Whatever the bytes: no exception, no loop longer than
 * they are, no `Y.Doc`. The result borrows `bytes`, which must not change while it is in use.
 */
export function scanUpdate(bytes: Uint8Array, limits: UpdateLimits): Result<ScannedUpdate, Failure> {
  if (bytes.length > limits.maxBytes) return err(failure('too-large', `an update has at most ${limits.maxBytes} bytes`))
  cursor.reset(bytes, 0, bytes.length)
  const sections: Section[] = []
  const structs: number[] = []
  const deletes: number[] = []
  const sectionCount = cursor.uint()
  if (sectionCount > bytes.length) cursor.fail('more clients than bytes')
  const seen = sectionCount > 1 ? new Set<number>() : null
  let total = 0
  for (let i = 0; i < sectionCount && cursor.fault === null; i++) {
    const count = cursor.uint()
    const client = cursor.uint()
    let clock = cursor.uint()
    if (client >= maxClientId) cursor.fail('a client id is too large')
    if (seen !== null) {
      if (seen.has(client)) cursor.fail('a client appears twice')
      seen.add(client)
    }
    const first = total
    total += count
    if (count === 0) cursor.fail('a client without structs')
    if (total > limits.maxStructs) cursor.exceed(`more than ${limits.maxStructs} structs`)
    for (let j = 0; j < count && cursor.fault === null; j++) {
      const from = cursor.at
      readStruct(cursor, view, limits)
      structs.push(
        clock,
        view.length,
        from,
        cursor.at,
        view.info,
        view.originClient,
        view.originClock,
        view.rightClient,
        view.rightClock,
        view.parent,
        view.parentClient,
        view.parentClock,
        view.contentAt,
      )
      clock += view.length
      if (clock > maxClock) cursor.fail('a clock is too large')
    }
    pushSection(sections, structs, client, first, count)
  }
  if (cursor.fault === null) readDeletes(deletes, limits)
  if (cursor.fault !== null) {
    return err(failure(cursor.exceeded ? 'over-limit' : 'malformed', `not an acceptable Yjs update: ${cursor.fault}`))
  }
  return ok({ bytes, sections, structs, deletes })
}

/** Without Skips at its end: they say nothing, and whoever counted them would believe in clocks that never were. */
function pushSection(
  sections: Section[],
  structs: readonly number[],
  client: number,
  first: number,
  count: number,
): void {
  let kept = count
  while (kept > 0 && ((structs[(first + kept - 1) * structStride + field.info] as number) & 31) === structKind.skip)
    kept--
  if (kept > 0) sections.push({ client, first, count: kept })
}

/** Far above any real document, far below where sums lose precision. */
const maxClock = 2 ** 50

function readDeletes(deletes: number[], limits: UpdateLimits): void {
  const clients = cursor.uint()
  const seen = clients > 1 ? new Set<number>() : null
  for (let i = 0; i < clients && cursor.fault === null; i++) {
    const client = cursor.uint()
    if (client >= maxClientId) cursor.fail('a client id is too large')
    if (seen?.has(client)) cursor.fail('a client appears twice')
    seen?.add(client)
    const count = cursor.uint()
    for (let j = 0; j < count && cursor.fault === null; j++) {
      const clock = cursor.uint()
      const length = cursor.uint()
      if (length === 0) cursor.fail('a deletion of no length')
      if (clock + length > maxClock) cursor.fail('a clock is too large')
      deletes.push(client, clock, length)
      if (deletes.length > limits.maxDeletes * 3) cursor.exceed(`more than ${limits.maxDeletes} deleted ranges`)
    }
  }
  if (cursor.fault === null && cursor.at !== cursor.end) cursor.fail('bytes after the end')
}

/** Whether the struct at `at` (an index into `structs`) leaves nothing readable behind: collected or deleted content. */
export function isTombstone(structs: readonly number[], at: number): boolean {
  const kind = (structs[at + field.info] as number) & 31
  return kind === structKind.gc || kind === structKind.deleted
}
