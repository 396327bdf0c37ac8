export const noBytes: Uint8Array = new Uint8Array(0)

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Bytes a varint of lib0 takes for `value` (a non-negative safe integer). */
export function varintLength(value: number): number {
  let length = 1
  while (value > 127) {
    value = Math.floor(value / 128)
    length++
  }
  return length
}

/** Writes `value` as lib0's varint and returns the position after it. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  while (value > 127) {
    target[at++] = (value % 128) | 128
    value = Math.floor(value / 128)
  }
  target[at++] = value
  return at
}
