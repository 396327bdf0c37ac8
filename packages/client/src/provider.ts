import {
  type ConnectionState,
  type Env,
  errorKinds,
  type Failure,
  type Millis,
  parseDocName,
  randomWord,
  type SessionId,
  systemEnv,
} from '@tutti/core'
import { ObservableV2 } from 'lib0/observable'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { type Closed, type ConnectionStatus, statusOf } from './connection-status.ts'
import { type Connection, idleState } from './connection/connection.ts'
import { shareConnection } from './connection/connection-pool.ts'
import { networkMayBeThere } from './connection/host-events.ts'
import { deviceLog } from './device-log.ts'
import { CloseWarning, keepStorage, watchPage } from './page-guard.ts'
import { readDeviceId } from './persistence/device-id.ts'
import type { LocalLog, LocalTrouble, PendingCount } from './persistence/local-log.ts'
import { MemoryLocalLog } from './persistence/memory-local-log.ts'
import { connectionOptions, type ProviderConfiguration, type ProviderOptions } from './provider-options.ts'
import type { WebSocketLike } from './socket/socket.ts'
import { isEmptyDoc } from './sync/document-content.ts'
import { DocumentSync } from './sync/document-sync.ts'
import { Presence } from './sync/presence.ts'
import type { Refusal } from './sync/refusal.ts'
import { isSameSaving, type SavingState, savingState } from './sync/saving-state.ts'
import { type SyncStatus, syncStatus } from './sync-status.ts'
import { tabHost } from './tabs/tab-host.ts'
import { Tab } from './tabs/tab.ts'

/** As lib0's `ObservableV2` wants them. */
export type ProviderEvents = {
  /** First sync with the server done, or lost again. */
  sync: (isSynced: boolean) => void
  synced: (isSynced: boolean) => void
  status: (event: { status: ConnectionStatus }) => void
  'connection-close': (event: unknown, provider: Provider) => void
  'connection-error': (event: unknown, provider: Provider) => void
  closed: (event: Closed, provider: Provider) => void
  /** Another `Y.Doc` is in `provider.doc` now, and another `provider.awareness`: bind the editor anew. */
  reload: (doc: Y.Doc) => void
  'saving-state': (state: SavingState) => void
  'local-changes': (hasLocalChanges: boolean) => void
  /** The device's copy is in the document. */
  loaded: () => void
  refused: (refusal: Refusal) => void
  /** Whether this document may be written; also when it changes. */
  permission: (scope: 'read-write' | 'readonly') => void
  authenticated: (event: { scope: 'read-write' | 'readonly' }) => void
  authenticationFailed: (event: { reason: string }) => void
  unsyncedChanges: (event: { number: number }) => void
  destroy: (provider: Provider) => void
}

/**
 * Keeps one `Y.Doc` in step with this device and a server, and says truthfully where each edit is. Takes the place of
 * y-websocket's `WebsocketProvider`; the names of Hocuspocus work too. Many providers share one connection.
 */
export class Provider extends ObservableV2<ProviderEvents> {
  readonly serverUrl: string
  readonly roomname: string
  readonly configuration: Readonly<ProviderConfiguration>
  params: Record<string, string>
  readonly protocols: readonly string[]
  /** Whether a connection is wanted. */
  shouldConnect = false
  /** Resolves when the device's copy is in the document. */
  readonly whenLoaded: Promise<void>
  readonly #env: Env
  readonly #log: LocalLog
  readonly #tab: Tab
  readonly #sync: DocumentSync
  readonly #warning: CloseWarning | null
  readonly #undo: (() => void)[] = []
  #makesAwareness: boolean
  #presence: Presence
  #connection: Connection | null = null
  #unwatch: (() => void) | null = null
  #status: ConnectionStatus = 'disconnected'
  #saving: SavingState = { kind: 'loading' }
  #scope: 'read-write' | 'readonly' | null = null
  #isDue = false
  #number = 0
  #pendingSince: Millis | null = null
  #isDestroyed = false

  constructor(serverUrl: string, roomname: string, doc: Y.Doc, options?: ProviderOptions)
  constructor(configuration: ProviderConfiguration)
  constructor(first: string | ProviderConfiguration, roomname = '', doc?: Y.Doc, options: ProviderOptions = {}) {
    super()
    const configuration: ProviderConfiguration =
      typeof first === 'string' ? { ...options, url: first, name: roomname, ...(doc && { document: doc }) } : first
    const name = parseDocName(configuration.name)
    if (!name.ok) throw new RangeError(name.error)
    this.configuration = configuration
    this.serverUrl = configuration.url.replace(/\/+$/, '')
    this.roomname = name.value
    this.params = configuration.params ?? {}
    this.protocols = configuration.protocols ?? []
    this.#env = configuration.env ?? systemEnv
    const { random } = this.#env
    const persists = configuration.persist !== false
    this.#log = configuration.localLog ?? (persists ? deviceLog() : new MemoryLocalLog({ random }))
    const session = randomWord(random, 20) as SessionId
    const host = persists && configuration.disableBc !== true ? tabHost() : null
    this.#tab = new Tab({ host, name: 'tutti', doc: name.value, session })
    this.#tab.isTalking = configuration.disableBc !== true
    const ydoc = configuration.document ?? new Y.Doc()

    let loaded = () => {}
    this.whenLoaded = new Promise(resolve => {
      loaded = resolve
    })
    this.#sync = new DocumentSync({
      name: name.value,
      doc: ydoc,
      session,
      origin: this,
      log: this.#log,
      tab: this.#tab,
      env: this.#env,
      priority: configuration.priority ?? 0,
      seed: configuration.seed,
      observer: {
        changed: () => this.#refreshSoon(),
        loaded: () => {
          loaded()
          this.emit('loaded', [])
        },
        synced: isSynced => {
          this.emit('synced', [isSynced])
          this.emit('sync', [isSynced])
        },
        opened: () => this.#presence.renew(),
        presence: bytes => this.#presence.receive(bytes),
        refused: refusal => this.emit('refused', [refusal]),
        replaced: fresh => this.#replaced(fresh),
        ended: why => this.#ended(why),
      },
    })
    this.#makesAwareness = configuration.awareness === undefined
    this.#presence = this.#present(configuration.awareness ?? new Awareness(ydoc))
    this.#warning = configuration.warnOnClose === false ? null : new CloseWarning()
    let left: Record<string, unknown> | null = null
    this.#undo.push(
      watchPage(
        () => {
          left = this.awareness.getLocalState()
          this.#presence.sayGoodbye()
        },
        () => {
          if (left !== null) this.awareness.setLocalState(left)
        },
      ),
    )
    if (configuration.connect !== false) this.connect()
  }

  // What it is.

  get doc(): Y.Doc {
    return this.#sync.ydoc
  }

  get document(): Y.Doc {
    return this.#sync.ydoc
  }

  get awareness(): Awareness {
    return this.#presence.awareness
  }

  /** As y-websocket would have it; connections are shared, so the document is in fact not part of the address. */
  get url(): string {
    const query = new URLSearchParams(this.params).toString()
    return `${this.serverUrl}/${this.roomname}${query === '' ? '' : `?${query}`}`
  }

  /** The connection it is on at present; several providers may have the same one. */
  get connection(): Connection | null {
    return this.#connection
  }

  get ws(): WebSocketLike | null {
    return this.#connection?.raw ?? null
  }

  /** Tabs of one browser tell each other about edits; `disconnectBc()` stops that. */
  get bcconnected(): boolean {
    return this.#tab.isTalking
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  get wsconnected(): boolean {
    return this.#status === 'connected'
  }

  get wsconnecting(): boolean {
    return this.#status === 'connecting'
  }

  /** The document has everything the server had when this connection was made. */
  get synced(): boolean {
    return this.#sync.isSynced
  }

  get isSynced(): boolean {
    return this.#sync.isSynced
  }

  get isAuthenticated(): boolean {
    return this.#scope !== null && this.wsconnected
  }

  get authorizedScope(): 'read-write' | 'readonly' | undefined {
    return this.#scope ?? undefined
  }

  /** The device's copy is in the document. */
  get isLoaded(): boolean {
    return this.#sync.isLoaded
  }

  /** What people should be told about their work. */
  get saving(): SavingState {
    return this.#readSaving()
  }

  /** Edits of this document that are not on the server's disk. */
  get pending(): PendingCount {
    return this.#sync.pending
  }

  /** Why nothing is kept on this device; `null` while it is. */
  get trouble(): LocalTrouble | null {
    return this.#sync.trouble
  }

  get hasLocalChanges(): boolean {
    return this.pending.edits > 0
  }

  get hasUnsyncedChanges(): boolean {
    return this.pending.edits > 0
  }

  get unsyncedChanges(): number {
    return this.pending.edits
  }

  get syncStatus(): SyncStatus {
    const ticks = this.#env.clock.ticks()
    const heard = this.#connection?.heardTicks ?? null
    return syncStatus({
      connected: this.wsconnected,
      receivedInitialSync: this.synced,
      localUpdatesSynced: !this.hasLocalChanges,
      localUpdatesAge: this.#pendingSince === null ? 0 : ticks - this.#pendingSince,
      lastMessageAge: heard === null ? 0 : ticks - heard,
      wantsConnection: this.shouldConnect,
    })
  }

  /** Content set aside on this device: refused edits that were kept, copies of a document that is another one now. */
  get localLog(): LocalLog {
    return this.#log
  }

  // What it does.

  /** Connects, or tries again at once: also what the server ended, refused, or lets nobody change (SPEC CLI26). */
  connect(): void {
    if (this.#isDestroyed) return
    this.shouldConnect = true
    if (this.#connection !== null) {
      this.#sync.reopen()
      this.#connection.retryNow()
      return
    }
    const connection = this.configuration.connection ?? this.#share()
    this.#connection = connection
    this.#unwatch = connection.watch({
      stateChanged: state => this.#connectionChanged(state),
      socketClosed: event => this.emit('connection-close', [event, this]),
      failed: event => this.emit('connection-error', [event, this]),
    })
    this.#sync.join(member => connection.join(member))
    this.#connectionChanged(connection.state)
  }

  /** Works on without the server: edits are kept on this device. */
  disconnect(): void {
    this.shouldConnect = false
    this.#part()
  }

  connectBc(): void {
    this.#tab.isTalking = true
  }

  disconnectBc(): void {
    this.#tab.isTalking = false
  }

  setAwarenessField(field: string, value: unknown): void {
    this.awareness.setLocalStateField(field, value)
  }

  /**
   * Resolves when every edit made so far is on the server's disk. Offline it waits. Rejects with a `TuttiError` when the
   * server refuses, or the provider is destroyed.
   */
  flush(): Promise<void> {
    return this.#sync.flush()
  }

  /** Resolves when every edit made so far is on this device. Rejects with an `Error` whose `code` is a `LocalTrouble`. */
  whenStored(): Promise<void> {
    return this.#sync.whenStored()
  }

  /** Leaves, and writes what is still to be written on this device. The document stays as it is. */
  override destroy(): void {
    void this.close()
  }

  /** The same; resolves when everything that can be stored on this device is. */
  async close(): Promise<void> {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.shouldConnect = false
    this.#presence.sayGoodbye()
    this.#presence.stop()
    this.#warning?.set(false)
    for (const undo of this.#undo.splice(0)) undo()
    const written = this.#sync.destroy()
    this.#part()
    if (this.#makesAwareness) this.awareness.destroy()
    this.emit('destroy', [this])
    super.destroy()
    await written
  }

  // What happens to it.

  #share(): Connection {
    const device = () => readDeviceId(this.#log, this.#env.random).catch(() => randomWord(this.#env.random, 20))
    const options = connectionOptions(this.serverUrl, { ...this.configuration, params: this.params }, device)
    return shareConnection(options, this.#sync.doc)
  }

  #part(): void {
    this.#sync.leave()
    this.#unwatch?.()
    this.#unwatch = null
    const had = this.#connection
    this.#connection = null
    if (had === null) return
    if (this.#status !== 'disconnected') this.emit('connection-close', [null, this])
    this.#connectionChanged(idleState)
  }

  #connectionChanged(state: ConnectionState): void {
    const before = this.#status
    this.#status = statusOf(state)
    if (before === 'connected' && this.#status !== before) {
      this.#presence.forgetOthers()
      this.#scope = null
    }
    if (this.#status !== before) this.emit('status', [{ status: this.#status }])
    if (state.kind === 'closed') this.#tellClosed(state.why)
    this.#refreshSoon()
  }

  /** The server will not have this document open; the connection may go on for others. */
  #ended({ code, message }: Failure): void {
    this.shouldConnect = false
    this.#presence.forgetOthers()
    this.#tellClosed({ code: errorKinds[code].closeCode, reason: message })
  }

  #tellClosed(why: Closed): void {
    this.shouldConnect = false
    if (why.code === errorKinds.unauthorized.closeCode || why.code === errorKinds.forbidden.closeCode) {
      this.emit('authenticationFailed', [{ reason: why.reason }])
    }
    this.emit('closed', [why, this])
  }

  #present(awareness: Awareness): Presence {
    return new Presence(awareness, bytes => this.#sync.sendPresence(bytes))
  }

  #replaced(doc: Y.Doc): void {
    const old = this.#presence
    const state = old.awareness.getLocalState()
    old.sayGoodbye()
    old.stop()
    if (this.#makesAwareness) old.awareness.destroy()
    this.#makesAwareness = true
    const awareness = new Awareness(doc)
    awareness.setLocalState(state)
    this.#presence = this.#present(awareness)
    this.emit('reload', [doc])
  }

  #refreshSoon(): void {
    if (this.#isDue || this.#isDestroyed) return
    this.#isDue = true
    queueMicrotask(() => {
      this.#isDue = false
      if (!this.#isDestroyed) this.#refresh()
    })
  }

  #refresh(): void {
    this.#tellPermission()
    const { edits } = this.pending
    if (edits > 0) this.#pendingSince ??= this.#env.clock.ticks()
    else this.#pendingSince = null
    if (edits > 0 && this.#log.survives) keepStorage()
    const before = this.#number
    this.#number = edits
    const saving = this.#readSaving()
    this.#warning?.set('onThisDevice' in saving && !saving.onThisDevice)
    const isNews = !isSameSaving(this.#saving, saving)
    this.#saving = saving
    if (isNews) this.emit('saving-state', [saving])
    if (edits !== before) this.emit('unsyncedChanges', [{ number: edits }])
    if (edits > 0 !== before > 0) this.emit('local-changes', [edits > 0])
  }

  #tellPermission(): void {
    const { permission } = this.#sync
    if (permission === null || !this.wsconnected) return
    const scope = permission === 'write' ? 'read-write' : 'readonly'
    if (scope === this.#scope) return
    const isFirst = this.#scope === null
    this.#scope = scope
    this.emit('permission', [scope])
    if (isFirst) this.emit('authenticated', [{ scope }])
  }

  #readSaving(): SavingState {
    const sync = this.#sync
    const { edits, bytes } = sync.pending
    return savingState({
      phase: sync.phase,
      connection: this.#connection?.state ?? idleState,
      ticks: this.#env.clock.ticks(),
      wantsConnection: this.shouldConnect,
      networkMayBeThere: networkMayBeThere(),
      isLoaded: sync.isLoaded,
      isSynced: sync.isSynced,
      hasContent: !isEmptyDoc(sync.ydoc),
      isReadOnly: sync.permission === 'read',
      atStake: { edits, bytes, onThisDevice: edits === 0 || sync.isOnDevice },
      isReceived: sync.isReceived,
      refusal: sync.refusal,
      savedAt: sync.savedAt,
    })
  }
}
