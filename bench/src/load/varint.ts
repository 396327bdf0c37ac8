/** The variable-length integers and byte strings of the Yjs wire, written and read in place. */

/** Bytes `value` takes (a non-negative safe integer). */
export function varUintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1
  return bytes
}

/** Writes `value` at `at` and returns the offset after it. */
export function writeVarUint(target: Uint8Array, at: number, value: number): number {
  let rest = value
  let next = at
  while (rest >= 128) {
    target[next] = 0x80 | (rest % 128)
    next += 1
    rest = Math.floor(rest / 128)
  }
  target[next] = rest
  return next + 1
}

/** A place in a byte range that moves on as it is read. Reading past the end gives NaN, never an exception. */
export class Cursor {
  bytes: Uint8Array = new Uint8Array()
  at = 0

  /** Points at `at` in other bytes; a cursor is reused so that reading a frame allocates nothing. */
  set(bytes: Uint8Array, at: number): void {
    this.bytes = bytes
    this.at = at
  }

  varUint(): number {
    const bytes = this.bytes
    let byte = bytes[this.at++]!
    if (byte < 128) return byte
    let value = byte & 0x7f
    let scale = 128
    do {
      byte = bytes[this.at++]!
      value += (byte & 0x7f) * scale
      scale *= 128
    } while (byte >= 128)
    return value
  }
}

/** Concatenates small numbers, strings and byte strings in the Yjs manner (each string with its length first). */
export function message(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  const bodies = parts.map(part => (typeof part === 'string' ? new TextEncoder().encode(part) : part))
  let size = 0
  for (const body of bodies)
    size += typeof body === 'number' ? varUintBytes(body) : varUintBytes(body.length) + body.length
  const bytes = new Uint8Array(size)
  let at = 0
  for (const body of bodies) {
    if (typeof body === 'number') {
      at = writeVarUint(bytes, at, body)
      continue
    }
    at = writeVarUint(bytes, at, body.length)
    bytes.set(body, at)
    at += body.length
  }
  return bytes
}

/** `head`, then `body` with its length: the shape of every update message, built without measuring the head again. */
export function prefixed(head: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(head.length + varUintBytes(body.length) + body.length)
  bytes.set(head, 0)
  bytes.set(body, writeVarUint(bytes, head.length, body.length))
  return bytes
}
