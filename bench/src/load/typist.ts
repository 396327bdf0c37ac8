/**
 * Someone typing: valid single-keystroke Yjs V1 updates written by hand, because a load generator that runs Yjs for
 * every keystroke would cost more than the servers it measures. Its test compares them with Yjs itself.
 */
import { varUintBytes, writeVarUint } from './varint.ts'

/** The shared text that every scenario types into. */
export const textName = 'text'

const stringContent = 4
const hasOrigin = 0x80
const alphabet = 'abcdefghijklmnopqrstuvwxyz '

export class Typist {
  readonly clientId: number
  /** Keystrokes written so far: the Yjs clock of the next one. */
  clock = 0

  constructor(clientId: number) {
    this.clientId = clientId
  }

  /** The update that types one more character at the end of one's own text. */
  next(): Uint8Array {
    const { clientId, clock } = this
    const size = 9 + textName.length + 2 * (varUintBytes(clientId) + varUintBytes(clock))
    const bytes = Buffer.allocUnsafe(size)
    bytes[0] = 1
    bytes[1] = 1
    let at = writeVarUint(bytes, 2, clientId)
    at = writeVarUint(bytes, at, clock)
    if (clock === 0) {
      bytes[at] = stringContent
      bytes[at + 1] = 1
      bytes[at + 2] = textName.length
      at += 3
      at += bytes.write(textName, at, 'latin1')
    } else {
      bytes[at] = stringContent | hasOrigin
      at = writeVarUint(bytes, at + 1, clientId)
      at = writeVarUint(bytes, at, clock - 1)
    }
    bytes[at] = 1
    bytes[at + 1] = alphabet.charCodeAt(clock % alphabet.length)
    bytes[at + 2] = 0
    this.clock = clock + 1
    return bytes.subarray(0, at + 3)
  }
}

/** The text that a typist of that many keystrokes has written. */
export function typedText(keystrokes: number): string {
  return alphabet.repeat(Math.ceil(keystrokes / alphabet.length)).slice(0, keystrokes)
}

/** The whole of that text as one update, as a client that holds it would send it after a reconnect. */
export function typedState(clientId: number, keystrokes: number): Uint8Array {
  const text = Buffer.from(typedText(keystrokes), 'latin1')
  const bytes = Buffer.allocUnsafe(32 + textName.length + text.length)
  bytes[0] = 1
  bytes[1] = 1
  let at = writeVarUint(bytes, 2, clientId)
  at = writeVarUint(bytes, at, 0)
  bytes[at] = stringContent
  bytes[at + 1] = 1
  bytes[at + 2] = textName.length
  at += 3
  at += bytes.write(textName, at, 'latin1')
  at = writeVarUint(bytes, at, text.length)
  bytes.set(text, at)
  at += text.length
  bytes[at] = 0
  return bytes.subarray(0, at + 1)
}

/** A state vector with one client in it. */
export function stateVectorOf(clientId: number, clock: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(24)
  bytes[0] = 1
  const at = writeVarUint(bytes, 1, clientId)
  return bytes.subarray(0, writeVarUint(bytes, at, clock))
}
