import type { DocName, Env, Failure, SessionId } from '@tutti/core'
import type * as Y from 'yjs'
import type { LocalLog } from '../persistence/local-log.ts'
import type { Tab } from '../tabs/tab.ts'
import type { Refusal } from './refusal.ts'

/** What the owner of a document wants to hear. None of these may throw. */
export interface SyncObserver {
  /** Something a person could see has changed. */
  changed(): void
  loaded(): void
  synced(isSynced: boolean): void
  /** The server has opened the document: presence can be sent. */
  opened(): void
  presence(bytes: Uint8Array): void
  refused(refusal: Refusal): void
  /** Another `Y.Doc` has taken the place of the old one, which was left as it is. */
  replaced(doc: Y.Doc): void
  ended(why: Failure): void
}

export interface DocumentSyncOptions {
  readonly name: DocName
  readonly doc: Y.Doc
  readonly session: SessionId
  /** Origin of everything applied to the document that was not done here. */
  readonly origin: unknown
  readonly log: LocalLog
  /** This client among the tabs of its device; closed together with the document. */
  readonly tab: Tab
  readonly env: Env
  readonly priority: number
  readonly seed?: ((doc: Y.Doc) => void) | undefined
  readonly observer: SyncObserver
}
