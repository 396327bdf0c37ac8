/**
 * Where an update ends on a client's Yjs clock. Updates are counted this way and not by frames, because servers
 * merge: one frame may stand for one keystroke or for hundreds.
 */
import * as Y from 'yjs'
import { Cursor } from './varint.ts'

const cursor = new Cursor()
const stringContent = 4

/** Clock of `clientId` right before (`from`) and right after (`to`) an update; both -1 when it is not in it. */
export interface ClockRange {
  from: number
  to: number
}

const none = -1

/**
 * Reads the clock range of one client from a V1 update into `range` (reused, so that counting allocates nothing).
 * Typed text is walked by hand; anything else is given to Yjs.
 */
export function readClockRange(range: ClockRange, bytes: Buffer, start: number, end: number, clientId: number): void {
  cursor.set(bytes, start)
  if (cursor.varUint() === 1) {
    const structs = cursor.varUint()
    const client = cursor.varUint()
    const from = cursor.varUint()
    if (client === clientId) {
      let clock = from
      let left = structs
      while (left > 0 && cursor.at < end) {
        const info = bytes[cursor.at++]!
        if ((info & 31) !== stringContent) break
        skipPlace(info)
        const length = cursor.varUint()
        cursor.at += length
        clock += length
        left -= 1
      }
      if (left === 0) {
        range.from = from
        range.to = clock
        return
      }
    }
  }
  const { from, to } = Y.parseUpdateMeta(bytes.subarray(start, end))
  range.from = from.get(clientId) ?? none
  range.to = to.get(clientId) ?? none
}

/** Steps over what says where a struct stands: its neighbours, or its parent when it has none. */
function skipPlace(info: number): void {
  if ((info & 0xc0) === 0) {
    const named = cursor.varUint() === 1
    if (named) {
      const length = cursor.varUint()
      cursor.at += length
    } else {
      cursor.varUint()
      cursor.varUint()
    }
    if ((info & 0x20) !== 0) {
      const length = cursor.varUint()
      cursor.at += length
    }
    return
  }
  if ((info & 0x80) !== 0) {
    cursor.varUint()
    cursor.varUint()
  }
  if ((info & 0x40) !== 0) {
    cursor.varUint()
    cursor.varUint()
  }
}
