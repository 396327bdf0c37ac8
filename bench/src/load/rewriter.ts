import type { Feed } from './feeder.ts'
import { Typist } from './typist.ts'
import { writeVarUint } from './varint.ts'

/**
 * Someone who types a character and takes it back, over and over: history grows and content does not. Made on the way
 * and never twice, so a million of them take no memory.
 */
export function rewriting(document: string, author: number, count: number): Feed {
  const typist = new Typist(author)
  return {
    document,
    author,
    count,
    update: index => (index % 2 === 0 ? typist.next() : deletion(author, typist.clock - 1)),
    clockAfter: index => Math.floor(index / 2) + 1,
  }
}

/** The update that deletes one character. */
export function deletion(author: number, clock: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(24)
  bytes[0] = 0
  bytes[1] = 1
  let at = writeVarUint(bytes, 2, author)
  bytes[at] = 1
  at = writeVarUint(bytes, at + 1, clock)
  bytes[at] = 1
  return bytes.subarray(0, at + 1)
}
