import { Duplex } from 'node:stream'
import { manualEnv } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { WsPeer } from './ws-peer.ts'

/** A socket whose other side reads nothing until told. */
function stuck() {
  const env = manualEnv()
  let flush: (() => void) | null = null
  const socket = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      flush = done
    },
  })
  const calls: string[] = []
  const note = (name: string) => () => void calls.push(name)
  const ws = { terminate: note('terminate'), close: note('close'), ping: note('ping'), readyState: 1, OPEN: 1 }
  const peer = new WsPeer(ws as unknown as WebSocket, socket, env)
  const count = (name: string) => calls.filter(call => call === name).length
  return { env, socket, peer, count, flush: () => flush?.() }
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
    const { peer, count } = stuck()
    for (let i = 0; i < 1024; i++) peer.write(new Uint8Array(1024))
    expect(count('terminate')).toBe(0)
    peer.write(new Uint8Array(1))
    expect(count('terminate')).toBe(0)
    peer.write(new Uint8Array(1024))
    expect(count('terminate')).toBe(1)
    peer.write(new Uint8Array(1024))
    expect(count('terminate')).toBe(1)
  })

  test('[SRV8] is not cut off for one large frame', () => {
    const { peer, count } = stuck()
    peer.write(new Uint8Array(8 * 1024 * 1024))
    expect(count('terminate')).toBe(0)
  })

  test('[ROOM6] asked for a sign of life it has 2 s, and is asked once at a time', () => {
    const { env, peer, count } = stuck()
    for (let i = 0; i < 1_000; i++) peer.challenge()
    expect(count('ping')).toBe(1)
    expect(env.waiting).toBe(1)
    env.advance(1_000)
    peer.heardTicks = env.clock.ticks()
    env.advance(1_000)
    expect(count('terminate')).toBe(0)
    peer.challenge()
    env.advance(2_000)
    expect(count('terminate')).toBe(1)
  })
})
