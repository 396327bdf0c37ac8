import { ByteCursor } from '../base/byte-cursor.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { type ErrorCode, type Failure, failure, isErrorCode } from '../base/error.ts'
import { err, ok, type Result, unreachable } from '../base/result.ts'
import type { ChannelPermission, ClientMessage, ServerMessage } from './message.ts'

/** First byte of each message. Numbers are never reused. */
export const clientTag: Readonly<Record<ClientMessage['type'], number>> = {
  hello: 1,
  auth: 2,
  open: 3,
  close: 4,
  update: 5,
  awareness: 6,
  seen: 7,
  seed: 8,
  reconcile: 9,
  beat: 10,
}

export const serverTag: Readonly<Record<ServerMessage['type'], number>> = {
  welcome: 64,
  opened: 65,
  'open-refused': 66,
  state: 67,
  piece: 68,
  push: 69,
  ack: 70,
  received: 71,
  refused: 72,
  awareness: 73,
  seeded: 74,
  permission: 75,
  closed: 76,
  store: 77,
  bye: 78,
  beat: 79,
  expiring: 80,
}

export function encodeClientMessage(message: ClientMessage): Uint8Array {
  const to = new ByteWriter().byte(clientTag[message.type])
  switch (message.type) {
    case 'hello':
      to.uint(message.version).string(message.device).string(message.session).string(message.agent)
      return to.string(message.token).bytes()
    case 'auth':
      return to.string(message.token).bytes()
    case 'open':
      to.uint(message.request).string(message.doc).string(message.epoch).uint(message.position)
      return to.block(message.stateVector).uint(message.client).bytes()
    case 'close':
      return to.uint(message.channel).bytes()
    case 'update':
      to.uint(message.channel)
        .uint(message.counter)
        .uint(message.base)
        .byte(message.resync ? 1 : 0)
      return to.raw(message.bytes).bytes()
    case 'awareness':
    case 'seed':
      return to.uint(message.channel).raw(message.bytes).bytes()
    case 'seen':
      return to.uint(message.channel).uint(message.position).bytes()
    case 'reconcile':
      return to.uint(message.channel).raw(message.stateVector).bytes()
    case 'beat':
      return to.bytes()
    default:
      return unreachable(message)
  }
}

export function encodeServerMessage(message: ServerMessage): Uint8Array {
  const to = new ByteWriter().byte(serverTag[message.type])
  switch (message.type) {
    case 'welcome':
      return to.uint(message.version).string(message.server).uint(message.maxUpdateBytes).uint(message.beatMs).bytes()
    case 'opened':
      to.uint(message.request).uint(message.channel).string(message.epoch)
      return to.byte(permissionByte(message.permission)).bytes()
    case 'open-refused':
      return to.uint(message.request).string(message.code).string(message.message).bytes()
    case 'state':
      to.uint(message.channel).uint(message.head).uint(message.total).string(message.digest)
      return to.raw(message.stateVector).bytes()
    case 'piece':
    case 'awareness':
      return to.uint(message.channel).raw(message.bytes).bytes()
    case 'push':
      return to.uint(message.channel).uint(message.from).uint(message.to).raw(message.bytes).bytes()
    case 'ack':
      return to.uint(message.channel).uint(message.counter).uint(message.seq).uint(message.through).bytes()
    case 'received':
      return to.uint(message.channel).uint(message.counter).bytes()
    case 'refused':
      to.uint(message.channel).uint(message.counter)
      return to.string(message.code).string(message.message).bytes()
    case 'seeded':
      return to
        .uint(message.channel)
        .byte(message.taken ? 1 : 0)
        .bytes()
    case 'permission':
      return to.uint(message.channel).byte(permissionByte(message.permission)).bytes()
    case 'closed':
      return to.uint(message.channel).string(message.code).string(message.message).bytes()
    case 'store':
      return to
        .byte(message.available ? 1 : 0)
        .string(message.message)
        .bytes()
    case 'bye':
      to.string(message.code).string(message.message)
      return to.uint(message.afterMs).uint(message.jitterMs).bytes()
    case 'beat':
      return to.bytes()
    case 'expiring':
      return to.uint(message.inMs).bytes()
    default:
      return unreachable(message)
  }
}

/** Decodes what a client sent. Never throws; byte fields borrow from `bytes`. */
export function decodeClientMessage(bytes: Uint8Array): Result<ClientMessage, Failure> {
  const from = new ByteCursor(bytes)
  const message = readClientMessage(from)
  return finished(from, message)
}

/** Decodes what a server sent. Never throws; byte fields borrow from `bytes`. */
export function decodeServerMessage(bytes: Uint8Array): Result<ServerMessage, Failure> {
  const from = new ByteCursor(bytes)
  const message = readServerMessage(from)
  return finished(from, message)
}

function readClientMessage(from: ByteCursor): ClientMessage | null {
  switch (from.byte()) {
    case clientTag.hello:
      return {
        type: 'hello',
        version: from.uint(),
        device: from.string(),
        session: from.string(),
        agent: from.string(),
        token: from.string(),
      }
    case clientTag.auth:
      return { type: 'auth', token: from.string() }
    case clientTag.open:
      return {
        type: 'open',
        request: from.uint(),
        doc: from.string(),
        epoch: from.string(),
        position: from.uint(),
        stateVector: from.take(),
        client: from.uint(),
      }
    case clientTag.close:
      return { type: 'close', channel: from.uint() }
    case clientTag.update:
      return {
        type: 'update',
        channel: from.uint(),
        counter: from.uint(),
        base: from.uint(),
        resync: flag(from),
        bytes: from.rest(),
      }
    case clientTag.awareness:
      return { type: 'awareness', channel: from.uint(), bytes: from.rest() }
    case clientTag.seen:
      return { type: 'seen', channel: from.uint(), position: from.uint() }
    case clientTag.seed:
      return { type: 'seed', channel: from.uint(), bytes: from.rest() }
    case clientTag.reconcile:
      return { type: 'reconcile', channel: from.uint(), stateVector: from.rest() }
    case clientTag.beat:
      return { type: 'beat' }
    default:
      return null
  }
}

function readServerMessage(from: ByteCursor): ServerMessage | null {
  switch (from.byte()) {
    case serverTag.welcome:
      return {
        type: 'welcome',
        version: from.uint(),
        server: from.string(),
        maxUpdateBytes: from.uint(),
        beatMs: from.uint(),
      }
    case serverTag.opened:
      return {
        type: 'opened',
        request: from.uint(),
        channel: from.uint(),
        epoch: from.string(),
        permission: permission(from),
      }
    case serverTag['open-refused']:
      return { type: 'open-refused', request: from.uint(), code: errorCode(from), message: from.string() }
    case serverTag.state:
      return {
        type: 'state',
        channel: from.uint(),
        head: from.uint(),
        total: from.uint(),
        digest: from.string(),
        stateVector: from.rest(),
      }
    case serverTag.piece:
      return { type: 'piece', channel: from.uint(), bytes: from.rest() }
    case serverTag.push:
      return { type: 'push', channel: from.uint(), from: from.uint(), to: from.uint(), bytes: from.rest() }
    case serverTag.ack:
      return { type: 'ack', channel: from.uint(), counter: from.uint(), seq: from.uint(), through: from.uint() }
    case serverTag.received:
      return { type: 'received', channel: from.uint(), counter: from.uint() }
    case serverTag.refused:
      return {
        type: 'refused',
        channel: from.uint(),
        counter: from.uint(),
        code: errorCode(from),
        message: from.string(),
      }
    case serverTag.awareness:
      return { type: 'awareness', channel: from.uint(), bytes: from.rest() }
    case serverTag.seeded:
      return { type: 'seeded', channel: from.uint(), taken: flag(from) }
    case serverTag.permission:
      return { type: 'permission', channel: from.uint(), permission: permission(from) }
    case serverTag.closed:
      return { type: 'closed', channel: from.uint(), code: errorCode(from), message: from.string() }
    case serverTag.store:
      return { type: 'store', available: flag(from), message: from.string() }
    case serverTag.bye:
      return {
        type: 'bye',
        code: errorCode(from),
        message: from.string(),
        afterMs: from.uint(),
        jitterMs: from.uint(),
      }
    case serverTag.beat:
      return { type: 'beat' }
    case serverTag.expiring:
      return { type: 'expiring', inMs: from.uint() }
    default:
      return null
  }
}

function finished<M>(from: ByteCursor, message: M | null): Result<M, Failure> {
  if (message === null) return err(failure('bad-message', 'not a message of this protocol: unknown kind'))
  if (from.fault === null && from.at !== from.end) from.fail('bytes after the end')
  if (from.fault !== null) return err(failure('bad-message', `not a message of this protocol: ${from.fault}`))
  return ok(message)
}

function permissionByte(permission: ChannelPermission): number {
  return permission === 'write' ? 1 : 0
}

function permission(from: ByteCursor): ChannelPermission {
  return flag(from) ? 'write' : 'read'
}

function flag(from: ByteCursor): boolean {
  const byte = from.byte()
  if (byte > 1) from.fail('a flag is 0 or 1')
  return byte === 1
}

/** A code from a newer server reads as the closest one we act on. */
function errorCode(from: ByteCursor): ErrorCode {
  const text = from.string()
  return isErrorCode(text) ? text : 'internal'
}
