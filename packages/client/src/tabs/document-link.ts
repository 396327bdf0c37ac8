import type { SessionId } from '@tutti/core'
import { type HeldLock, holdLock } from './held-lock.ts'
import type { TabHost } from './tab-host.ts'

/** What tabs tell each other: own edits, presence, a tab that came (what it has), what changed in the device's log. */
export type TabTopic = 'edit' | 'presence' | 'join' | 'log'

const topics: readonly string[] = ['edit', 'presence', 'join', 'log'] satisfies TabTopic[]

interface Message {
  readonly topic: TabTopic
  readonly bytes: Uint8Array
}

/**
 * The tabs that have one document open. One of them leads, as long as it lives. What a tab tells reaches every other tab
 * once, and is never passed on.
 */
export interface DocumentLink {
  readonly isLeader: boolean
  /** Calls back when this tab becomes leader, or no longer is. Returns how to stop that. */
  onChange(call: () => void): () => void
  isAlive(session: SessionId): Promise<boolean>
  post(topic: TabTopic, bytes: Uint8Array): void
  /** What other tabs tell. Returns how to stop that. */
  on(topic: TabTopic, call: (bytes: Uint8Array) => void): () => void
  /** `post` and `on` for the topic 'edit': own edits only. */
  publish(bytes: Uint8Array): void
  onEdit(call: (bytes: Uint8Array) => void): () => void
  /** Leaves. Another tab leads from here on. */
  close(): void
}

export interface DocumentLinkOptions {
  readonly host: TabHost | null
  readonly name: string
  readonly isAlive: (session: SessionId) => Promise<boolean>
}

export function linkDocument({ host, name, isAlive }: DocumentLinkOptions): DocumentLink {
  const changes = new Set<() => void>()
  const listeners = new Map<TabTopic, Set<(bytes: Uint8Array) => void>>()
  let isClosed = false
  const channel = host?.openChannel(name) ?? null
  const leadership: HeldLock | null =
    host === null
      ? null
      : holdLock(host.locks, name, () => {
          for (const call of changes) call()
        })
  const receive = ({ data }: MessageEvent<unknown>) => {
    if (isClosed || !isMessage(data)) return
    for (const call of listeners.get(data.topic) ?? []) call(data.bytes)
  }
  channel?.addEventListener('message', receive)

  const post = (topic: TabTopic, bytes: Uint8Array) => {
    if (!isClosed) channel?.postMessage({ topic, bytes } satisfies Message)
  }
  const on = (topic: TabTopic, call: (bytes: Uint8Array) => void) => {
    const calls = listeners.get(topic) ?? new Set()
    listeners.set(topic, calls.add(call))
    return () => void calls.delete(call)
  }
  return {
    get isLeader() {
      return !isClosed && (leadership?.isHeld ?? true)
    },
    onChange(call) {
      changes.add(call)
      return () => void changes.delete(call)
    },
    isAlive,
    post,
    on,
    publish: bytes => post('edit', bytes),
    onEdit: call => on('edit', call),
    close() {
      isClosed = true
      channel?.close()
      leadership?.release()
    },
  }
}

/** The other tab may run another version of the app. */
function isMessage(data: unknown): data is Message {
  if (typeof data !== 'object' || data === null) return false
  const { topic, bytes } = data as Partial<Record<keyof Message, unknown>>
  return typeof topic === 'string' && topics.includes(topic) && bytes instanceof Uint8Array
}
