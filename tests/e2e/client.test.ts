import {
  MemoryLocalLog,
  pendingOverall,
  Provider,
  type ProviderOptions,
  type SavingState,
  type WebSocketClass,
} from '@tutti/client'
import { systemEnv } from '@tutti/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { scaled } from '../support/scale.ts'
import { type ServerProcess, spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

function open(url: string, name: string, options: ProviderOptions = {}): Provider {
  const provider = new Provider(url, name, new Y.Doc(), {
    WebSocketPolyfill: WebSocket as unknown as WebSocketClass,
    persist: false,
    ...options,
  })
  onTestFinished(() => provider.close())
  return provider
}

async function until(provider: Provider, holds: (state: SavingState) => boolean): Promise<SavingState> {
  for (;;) {
    const state = provider.saving
    if (holds(state)) return state
    await new Promise<void>(resolve => provider.once('saving-state', () => resolve()))
  }
}

const servers: ServerProcess[] = []
const isSaved = (state: SavingState) => state.kind === 'saved'

async function untilText(doc: Y.Doc, text: string): Promise<void> {
  while (doc.getText('t').toString() !== text) await new Promise<void>(resolve => doc.once('update', () => resolve()))
}

describe('a client and a real server', () => {
  it('[CLI2] two clients edit, and both are told when everything is on disk', async () => {
    const server = await spawnServer({ dir: await tempDir() })
    const ann = open(server.wsUrl, 'song')
    const bob = open(server.wsUrl, 'song')
    await until(ann, isSaved)
    ann.doc.getText('t').insert(0, 'la')
    expect(ann.pending.edits).toBe(0)
    await Promise.resolve()
    expect(ann.pending.edits).toBe(1)
    await ann.flush()
    await untilText(bob.doc, 'la')
    bob.doc.getText('t').insert(2, ' la')
    await Promise.all([bob.flush(), untilText(ann.doc, 'la la')])
    expect(ann.saving.kind).toBe('saved')
    expect(ann.connection).not.toBe(bob.connection)
  })

  it('[CLI21] kill -9 of the server in the middle of writing: whoever was told "saved" finds it there', async () => {
    const dir = await tempDir()
    const first = await spawnServer({ dir })
    const { port, wsUrl } = first
    const device = new MemoryLocalLog({ random: systemEnv.random, survives: true })
    const ann = open(wsUrl, 'song', { localLog: device, maxBackoffTime: 300 })
    const bob = open(wsUrl, 'song', { maxBackoffTime: 300 })
    await Promise.all([until(ann, isSaved), until(bob, isSaved)])
    let saved = 0
    let written = 0
    for (let cycle = 0; cycle < scaled(3, 20); cycle++) {
      for (let i = 0; i < 50; i++) {
        ann.doc.getText('t').insert(written++, 'x')
        await Promise.resolve()
      }
      if (cycle % 2 === 0) {
        await ann.flush()
        saved = written
      }
      await (cycle === 0 ? first : servers.at(-1))?.kill()
      ann.doc.getText('t').insert(written++, 'y')
      await until(ann, state => state.kind === 'reconnecting' && state.edits > 0 && state.onThisDevice)
      const server = await spawnServer({ dir, port })
      servers.push(server)
      const late = open(server.wsUrl, 'song', { token: `cycle ${cycle}` })
      await until(late, isSaved)
      expect(late.doc.getText('t').length).toBeGreaterThanOrEqual(saved)
      await late.close()
    }
    await ann.flush()
    await untilText(bob.doc, ann.doc.getText('t').toString())
    expect(ann.doc.getText('t').length).toBe(written)
  })

  it('[CLI10] what a client that ended left on its device is counted, and sent by the next one', async () => {
    const server = await spawnServer({ dir: await tempDir() })
    const device = new MemoryLocalLog({ random: systemEnv.random, survives: true })
    const ann = open(server.wsUrl, 'song', { localLog: device, connect: false })
    ann.doc.getText('t').insert(0, 'left')
    await ann.whenStored()
    await ann.close()
    expect(await pendingOverall(device)).toMatchObject({ edits: 1 })
    const again = open(server.wsUrl, 'song', { localLog: device })
    await again.whenLoaded
    await until(again, isSaved)
    const bob = open(server.wsUrl, 'song')
    await untilText(bob.doc, 'left')
    await again.close()
    expect(await pendingOverall(device)).toEqual({ edits: 0, bytes: 0 })
  })

  it('[CLI14] many documents live on one socket', async () => {
    const server = await spawnServer({ dir: await tempDir() })
    const providers = Array.from({ length: 60 }, (_, i) => open(server.wsUrl, `song ${i}`))
    await Promise.all(providers.map(provider => until(provider, isSaved)))
    expect(new Set(providers.map(provider => provider.ws)).size).toBe(1)
    for (const [i, provider] of providers.entries()) provider.doc.getText('t').insert(0, `song ${i}`)
    await Promise.all(providers.map(provider => provider.flush()))
    const other = open(server.wsUrl, 'song 59', { token: 'another' })
    await untilText(other.doc, 'song 59')
  })

  it('[CLI15] the token function is called for every attempt', async () => {
    const dir = await tempDir()
    const server = await spawnServer({ dir })
    let count = 0
    const ann = open(server.wsUrl, 'song', { token: async () => `${++count}`, maxBackoffTime: 100 })
    await until(ann, isSaved)
    expect(count).toBe(1)
    await server.kill()
    await until(ann, state => state.kind === 'reconnecting')
    await spawnServer({ dir, port: server.port })
    await until(ann, isSaved)
    expect(count).toBeGreaterThan(1)
  })
})
