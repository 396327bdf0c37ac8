import type { Awareness } from 'y-protocols/awareness'
import { IndexeddbPersistence } from 'y-indexeddb'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { firstSongs } from './first-songs.ts'
import { songsOf } from './model.ts'

// The one file that knows how a setlist reaches this device and the others.

export type SavingState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'saved' }
  | { readonly kind: 'saving' }
  | { readonly kind: 'offline'; readonly edits: number; readonly onDevice: boolean }
  | { readonly kind: 'reconnecting'; readonly edits: number; readonly onDevice: boolean; readonly retryAt: number }
  | { readonly kind: 'store-refusing'; readonly edits: number; readonly onDevice: boolean }
  | { readonly kind: 'refused'; readonly edits: number; readonly reason: string }
  | { readonly kind: 'closed'; readonly reason: string }

export interface Session {
  readonly doc: Y.Doc
  readonly awareness: Awareness
  readonly saving: SavingState
  /** Calls back at each change, until the function it returns is called. */
  onSaving(listener: () => void): () => void
  onReplaced(listener: () => void): void
  act(action: 'retry' | 'undo' | 'keep' | 'reload'): void
  close(): void
}

export function connect(name: string): Session {
  const doc = new Y.Doc()
  const url = location.origin.replace(/^http/, 'ws')
  const provider = new WebsocketProvider(url, encodeURIComponent(name), doc)
  const local = new IndexeddbPersistence(name, doc)
  let saving: SavingState = { kind: 'opening' }
  let edits = 0
  const listeners = new Set<() => void>()
  const set = (now: SavingState): void => {
    saving = now
    for (const listener of listeners) listener()
  }
  doc.on('update', (_update: Uint8Array, origin: unknown) => {
    if (origin === provider || origin === local || provider.synced) return
    edits++
    if (saving.kind === 'offline') set({ ...saving, edits })
  })
  provider.on('sync', isSynced => {
    if (!isSynced) return
    edits = 0
    if (songsOf(doc).length === 0) firstSongs(doc)
    set({ kind: 'saved' })
  })
  provider.on('status', ({ status }) => {
    if (status !== 'connected' && saving.kind !== 'opening') set({ kind: 'offline', edits, onDevice: true })
  })
  return {
    doc,
    awareness: provider.awareness,
    get saving() {
      return saving
    },
    onSaving(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onReplaced: () => {},
    act: () => provider.connect(),
    close: () => {
      provider.destroy()
      void local.destroy()
    },
  }
}
