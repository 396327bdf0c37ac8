import type { SessionId } from '@tutti/core'

/** Which of several tabs writes what came from the server, and sends what closed tabs left behind. */
export interface Leadership {
  readonly isLeader: boolean
  /** Calls back when this tab becomes leader, or no longer is. Returns how to stop that. */
  onChange(call: () => void): () => void
  /** False when the running client that had this session has ended. */
  isAlive(session: SessionId): Promise<boolean>
}

/** A document's way to the other tabs of this device that have it open. */
export interface TabLink extends Leadership {
  /** Resolves when `isAlive` is true of this tab wherever it is asked. */
  readonly ready: Promise<void>
  /** `edit`: an own edit, for the others to show; they neither store nor send it. `log`: the device's copy was rewritten. */
  post(topic: 'edit' | 'log', bytes: Uint8Array): void
  on(topic: 'edit' | 'log', call: (bytes: Uint8Array) => void): () => void
  close(): void
}
