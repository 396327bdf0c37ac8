export { type Grant, permissionFor, serverPermissionOf } from './access/grant.ts'
export { mayDo, type Operation, type OperationRule, operations } from './access/operation.ts'
export { isEverything, matches, maxPatternUnits, parsePattern, type Pattern } from './access/pattern.ts'
export { type Permission, permissions, suffices } from './access/permission.ts'
export { checkJson, type JsonFault, type JsonRules } from './base/json-check.ts'
export { concatBytes, equalBytes, noBytes, toHex } from './base/bytes.ts'
export { ByteCursor } from './base/byte-cursor.ts'
export { ByteWriter } from './base/byte-writer.ts'
export { crc32 } from './base/crc32.ts'
export type { Env } from './base/env.ts'
export { type ErrorReport, errorReports } from './base/error-report.ts'
export {
  type ErrorCode,
  type ErrorKind,
  errorCodes,
  errorKinds,
  type Failure,
  failure,
  isErrorCode,
  isFinalCloseCode,
  type Retry,
  TuttiError,
} from './base/error.ts'
export {
  type DeviceId,
  type DocName,
  type Epoch,
  isSeq,
  maxDocNameUnits,
  parseDeviceId,
  parseDocName,
  parseEpoch,
  parseSessionId,
  type Seq,
  type SessionId,
  seq,
} from './base/id.ts'
export { type Random, randomWord } from './base/random.ts'
export { err, ok, type Result, unreachable } from './base/result.ts'
export { systemEnv } from './base/system.ts'
export type { Cancel, Clock, Millis, Timers } from './base/time.ts'
export {
  type ConnectionContext,
  type ConnectionEffect,
  type ConnectionEvent,
  connectionEventKinds,
  type ConnectionState,
  connectionStateKinds,
  type ConnectionStep,
  idleConnection,
  type Parting,
  stepConnection,
} from './connection/machine.ts'
export { AcceptedState } from './document/accepted-state.ts'
export { stateDigest } from './document/digest.ts'
export { contentDigest } from './document/content-digest.ts'
export { docDigest } from './document/doc-digest.ts'
export { DocState } from './document/doc-state.ts'
export { foldUpdate } from './document/fold-update.ts'
export { type GateOptions, judge, type Verdict } from './document/gate.ts'
export type { AcceptedUpdate, KnownState } from './document/known-state.ts'
export { resyncLimits, storedLimits, type UpdateLimits, wireLimits } from './document/limits.ts'
export { field, type ScannedUpdate, scanUpdate, structStride } from './document/scan.ts'
export { spliceUpdates } from './document/splice.ts'
export { UpdateSplicer } from './document/update-splicer.ts'
export { decodeStateVector, emptyStateVector, encodeStateVector, type StateVector } from './document/state-vector.ts'
export type { Author, Entry, NewEntry } from './log/entry.ts'
export { ListedDocument } from './log/listed-document.ts'
export { MemoryLog, type MemoryLogOptions } from './log/memory-log.ts'
export {
  type Checksum,
  isWhole,
  payloadOffset,
  readU32,
  readU48,
  sealFormat,
  seal,
  sealOf,
  unseal,
  writeU32,
  writeU48,
} from './log/seal.ts'
export type {
  Checkpoint,
  CompactionReport,
  Deletion,
  DocumentSummary,
  Finding,
  OpenedDocument,
  Removal,
  UpdateLog,
  UpdateVisitor,
} from './log/update-log.ts'
export { type AwarenessEntry, decodeAwareness, encodeAwareness } from './protocol/awareness.ts'
export {
  clientTag,
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
  serverTag,
} from './protocol/codec.ts'
export { beatMs, type ProtocolLimits, protocolLimits, silenceMs } from './protocol/limits.ts'
export type { Channel, ChannelPermission, ClientMessage, ServerMessage } from './protocol/message.ts'
export {
  decodeStockMessage,
  encodeStockAwareness,
  encodeStockDenied,
  encodeStockUpdate,
  encodeSyncStep1,
  encodeSyncStep2,
  type StockMessage,
} from './protocol/stock.ts'
export { oldestProtocolVersion, protocolVersion, subprotocol } from './protocol/version.ts'
export { type BackoffOptions, backoffMs, defaultBackoff } from './timing/backoff.ts'
