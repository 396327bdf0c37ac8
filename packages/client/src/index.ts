export { Connection, type ConnectionListener } from './connection/connection.ts'
export type { ConnectionOptions, Token } from './connection/connection-options.ts'
export { deviceLog, pendingOverall } from './device-log.ts'
export type {
  Branch,
  LocalDocument,
  LocalLog,
  LocalTrouble,
  OwnEdit,
  PendingCount,
  PendingEdit,
} from './persistence/local-log.ts'
export { LocalLogError } from './persistence/local-log-error.ts'
export { MemoryLocalLog, type MemoryLocalLogOptions } from './persistence/memory-local-log.ts'
export { IndexedDbLog, type IndexedDbLogOptions } from './persistence/indexeddb-log.ts'
export { openLocalLog } from './persistence/open-local-log.ts'
export type { Closed, ConnectionStatus } from './connection-status.ts'
export { Provider, type ProviderEvents } from './provider.ts'
export type { SyncStatus } from './sync-status.ts'
export type { ProviderConfiguration, ProviderOptions } from './provider-options.ts'
export type { WebSocketClass, WebSocketLike } from './socket/socket.ts'
export type { Refusal } from './sync/refusal.ts'
export type { AtStake, SavingState } from './sync/saving-state.ts'
export { savingText } from './sync/saving-text.ts'
export { type ErrorCode, TuttiError } from '@tutti/core'
