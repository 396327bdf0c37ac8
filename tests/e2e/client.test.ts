import { MemoryLocalLog, Provider, type ProviderOptions, type SavingState, type WebSocketClass } from '@tutti/client'
import { systemEnv } from '@tutti/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { spawnServer } from '../support/spawn-server.ts'
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
})
