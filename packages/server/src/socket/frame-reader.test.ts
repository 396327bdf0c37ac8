import { seededRandom } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import { opcodes } from '../runtime/frame.ts'
import { closeCodes, FrameReader } from './frame-reader.ts'

type Heard = readonly ['message' | 'ping' | 'closing' | 'broken', string | number]

function listening(maxBytes = 1 << 20) {
  const heard: Heard[] = []
  const reader = new FrameReader(maxBytes, {
    // Bytes are lent: what they say is taken at once.
    message: (bytes, isBinary) => void heard.push(['message', `${isBinary ? 'b' : 't'}${bytes.toString('latin1')}`]),
    ping: payload => void heard.push(['ping', payload.toString('latin1')]),
    closing: code => void heard.push(['closing', code]),
    broken: code => void heard.push(['broken', code]),
  })
  return { heard, reader }
}

/** A frame as a client makes it. */
function masked(opcode: number, text: string, isLast = true): Buffer {
  const payload = Buffer.from(text, 'latin1')
  const { length } = payload
  const head = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [127]
  const long = Buffer.alloc(length < 65_536 ? 0 : 8)
  if (long.length > 0) long.writeBigUInt64BE(BigInt(length))
  const mask = [0x17, 0xa5, 0x00, 0xff]
  for (let i = 0; i < length; i++) payload[i] = (payload[i] as number) ^ (mask[i & 3] as number)
  const first = (isLast ? 0x80 : 0) | opcode
  return Buffer.concat([
    Buffer.of(first, 0x80 | (head[0] as number), ...head.slice(1)),
    long,
    Buffer.of(...mask),
    payload,
  ])
}

const { binary, text, continuation, ping, pong, close } = opcodes

describe('frames', () => {
  test('[WIRE5] messages are the same in whatever pieces and portions they come', () => {
    const random = seededRandom(7)
    const upTo = (most: number) => Math.floor(random.next() * (most + 1))
    for (let round = 0; round < 40; round++) {
      const sent: Heard[] = []
      const frames: Buffer[] = []
      for (let left = 1 + upTo(3); left > 0; left--) {
        const length = [upTo(3), 125, 126, 127, upTo(2_000), 65_535, 65_536][upTo(6)] as number
        const said = 'x'.repeat(length).replace(/x/g, () => String.fromCharCode(upTo(255)))
        const pieces = 1 + upTo(3)
        for (let piece = 0; piece < pieces; piece++) {
          const from = Math.floor((length * piece) / pieces)
          const to = Math.floor((length * (piece + 1)) / pieces)
          frames.push(masked(piece === 0 ? binary : continuation, said.slice(from, to), piece === pieces - 1))
          if (piece === pieces - 1) sent.push(['message', `b${said}`])
          if (upTo(3) > 0) continue
          frames.push(masked(ping, `p${round}`), masked(pong, ''))
          sent.push(['ping', `p${round}`])
        }
      }
      const { heard, reader } = listening()
      const bytes = Buffer.concat(frames)
      for (let at = 0; at < bytes.length; ) {
        const to = Math.min(bytes.length, at + 1 + upTo([0, 10, 3_000, 200_000][round % 4] as number))
        reader.read(Buffer.from(bytes.subarray(at, to)))
        at = to
      }
      expect(heard).toEqual(sent)
    }
  })

  test('[WIRE5] text is told apart', () => {
    const { heard, reader } = listening()
    reader.read(Buffer.concat([masked(text, 'a', false), masked(continuation, 'b'), masked(binary, 'c')]))
    expect(heard).toEqual([
      ['message', 'tab'],
      ['message', 'bc'],
    ])
  })

  test('[WIRE5] after a close nothing is told', () => {
    const code = (bytes: number[]) => String.fromCharCode(...bytes)
    for (const [payload, told] of [
      ['', closeCodes.none],
      [code([0x03, 0xe8]), 1000],
      [`${code([0x11, 0x94])}because`, 4500],
    ] as const) {
      const { heard, reader } = listening()
      reader.read(Buffer.concat([masked(close, payload), masked(binary, 'late')]))
      reader.read(masked(ping, 'later'))
      expect(heard).toEqual([['closing', told]])
    }
  })

  test('[WIRE5] what the protocol forbids ends it at once', () => {
    const forbidden: Record<string, Buffer> = {
      'reserved bits': Buffer.of(0xc2, 0x80),
      'no mask': Buffer.of(0x82, 0x01),
      'an unknown opcode': Buffer.of(0x83, 0x80),
      'an unknown control opcode': Buffer.of(0x8b, 0x80),
      'a ping in pieces': Buffer.of(0x09, 0x80),
      'a long ping': Buffer.of(0x89, 0xfe),
      'a continuation of nothing': Buffer.of(0x80, 0x80),
      'a message inside another': Buffer.concat([masked(binary, 'a', false), Buffer.of(0x82, 0x80)]),
      'a close of one byte': masked(close, 'x'),
      'a close code nobody may send': masked(close, '\x03\xed'),
    }
    for (const [name, bytes] of Object.entries(forbidden)) {
      const { heard, reader } = listening()
      reader.read(bytes)
      reader.read(masked(binary, 'later'))
      expect(heard, name).toEqual([['broken', closeCodes.protocol]])
    }
    const { heard, reader } = listening()
    reader.read(masked(close, '\x03\xe8\xff'))
    expect(heard).toEqual([['broken', closeCodes.text]])
  })

  test('[WIRE5] more than the limit is not waited for, in one piece or in many', () => {
    const whole = listening(1_000)
    whole.reader.read(masked(binary, 'x'.repeat(1_000)))
    whole.reader.read(Buffer.of(0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0))
    expect(whole.heard.map(([kind]) => kind)).toEqual(['message', 'broken'])
    const pieces = listening(1_000)
    pieces.reader.read(Buffer.concat([masked(binary, 'x'.repeat(600), false), masked(continuation, 'x'.repeat(401))]))
    expect(pieces.heard).toEqual([['broken', closeCodes.tooLarge]])
    const crumbs = listening(1_000_000)
    crumbs.reader.read(masked(binary, '', false))
    for (let i = 0; i < 20_000; i++) crumbs.reader.read(masked(continuation, 'x', false))
    expect(crumbs.heard).toEqual([['broken', closeCodes.tooLarge]])
  })
})
