import { expect, it } from 'vitest'
import { FrameReader } from './frame-reader.ts'

/** A server's frame: unmasked. */
function frame(payload: Buffer): Buffer {
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.of(0x82, length), payload])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = 0x82
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

const payloads = [0, 1, 125, 126, 700, 65_535, 65_536, 70_000].map((length, index) => Buffer.alloc(length, index + 1))
const stream = Buffer.concat(payloads.map(frame))

it.each([1, 2, 3, 7, 64, 1000, 65_540, stream.length])('frames are whole however the stream is cut: %i bytes', size => {
  const seen: Buffer[] = []
  const reader = new FrameReader((opcode, bytes, start, end) => {
    expect(opcode).toBe(2)
    seen.push(Buffer.from(bytes.subarray(start, end)))
  })
  for (let at = 0; at < stream.length; at += size) {
    const chunk = stream.subarray(at, Math.min(stream.length, at + size))
    reader.push(chunk, 0, chunk.length)
  }
  expect(seen.map(each => each.length)).toEqual(payloads.map(each => each.length))
  expect(Buffer.concat(seen).equals(Buffer.concat(payloads))).toBe(true)
})
