import { Duplex } from 'node:stream'
import { manualEnv } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import { WsPeer } from './ws-peer.ts'

/** A socket whose other side reads nothing until told. */
function stuck() {
  const env = manualEnv()
  let flush: (() => void) | null = null
  const written: Buffer[] = []
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk)
      flush = done
    },
  })
  const peer = new WsPeer(socket, env)
  return { env, socket, peer, written, flush: () => flush?.() }
}

describe('a peer that does not read', () => {
  test('[ROOM7] has no room above 256 KiB, and has again when it has drained', async () => {
    const { peer, socket, flush } = stuck()
    peer.write(new Uint8Array(255 * 1024))
    expect(peer.hasRoom).toBe(true)
    peer.write(new Uint8Array(1024))
    expect(peer.hasRoom).toBe(false)
    const drained = new Promise(resolve => socket.once('drain', resolve))
    const pump = setInterval(flush, 1)
    await drained
    clearInterval(pump)
    expect(peer.hasRoom).toBe(true)
  })

  test('[SRV8] is cut off when more than 1 MiB has piled up before a frame', () => {
    const { peer, socket } = stuck()
    for (let i = 0; i < 1024; i++) peer.write(new Uint8Array(1024))
    expect(socket.destroyed).toBe(false)
    peer.write(new Uint8Array(1))
    expect(socket.destroyed).toBe(false)
    peer.write(new Uint8Array(1024))
    expect(socket.destroyed).toBe(true)
    peer.write(new Uint8Array(1024))
  })

  test('[SRV8] is not cut off for one large frame', () => {
    const { peer, socket } = stuck()
    peer.write(new Uint8Array(8 * 1024 * 1024))
    expect(socket.destroyed).toBe(false)
  })

  test('[ROOM6] asked for a sign of life it has 2 s, and is asked once at a time', () => {
    const { env, peer, socket, written } = stuck()
    for (let i = 0; i < 1_000; i++) peer.challenge()
    expect(written).toEqual([Buffer.of(0x89, 0)])
    expect(env.waiting).toBe(1)
    env.advance(1_000)
    peer.heardTicks = env.clock.ticks()
    env.advance(1_000)
    expect(socket.destroyed).toBe(false)
    peer.challenge()
    env.advance(2_000)
    expect(socket.destroyed).toBe(true)
  })
})

describe('closing', () => {
  test('[SES8] says why, says nothing after it, and does not wait for ever', () => {
    const { env, peer, socket, written } = stuck()
    peer.close('draining', 'the server restarts')
    peer.write(Uint8Array.of(1))
    peer.close('internal', 'again')
    const [close, ...more] = written
    expect(more).toEqual([])
    expect(close?.[0]).toBe(0x88)
    expect(close?.readUInt16BE(2)).toBe(4512)
    expect(close?.toString('latin1', 4)).toBe('draining: the server restarts')
    expect(socket.writableEnded).toBe(false)
    peer.answerClose(4512)
    expect(socket.writableEnded).toBe(true)
    expect(socket.destroyed).toBe(false)
    env.advance(2_000)
    expect(socket.destroyed).toBe(true)
  })

  test('[SES8] a close from the other side is answered with its code', () => {
    const coded = stuck()
    coded.peer.answerClose(1000)
    expect(coded.written).toEqual([Buffer.of(0x88, 2, 0x03, 0xe8)])
    const bare = stuck()
    bare.peer.answerClose(1005)
    expect(bare.written).toEqual([Buffer.of(0x88, 0)])
    expect(bare.socket.writableEnded).toBe(true)
  })
})
