import {
  type ChannelPermission,
  encodeAwareness,
  encodeServerMessage,
  mayDo,
  type Permission,
  type ServerMessage,
} from '@tutti/core'
import type { Dialect } from '../room/dialect.ts'
import { frame } from '../runtime/frame.ts'

export function framed(message: ServerMessage): Uint8Array {
  return frame(encodeServerMessage(message))
}

/** What a client is told of a permission. */
export function told(permission: Permission): ChannelPermission {
  return mayDo('document.update', permission) ? 'write' : 'read'
}

/** The wire of PROTOCOL.md. */
export const nativeDialect: Dialect = {
  name: 'native',
  push: (channel, from, to, bytes) => framed({ type: 'push', channel, from, to, bytes }),
  piece: (channel, bytes) => framed({ type: 'piece', channel, bytes }),
  awareness: (channel, entries) => framed({ type: 'awareness', channel, bytes: encodeAwareness(entries) }),
  ack: (channel, counter, seq, through) => framed({ type: 'ack', channel, counter, seq, through }),
  received: (channel, counter) => framed({ type: 'received', channel, counter }),
  refused: (channel, counter, code, message) => framed({ type: 'refused', channel, counter, code, message }),
  closed: (channel, code, message) => framed({ type: 'closed', channel, code, message }),
  ask: () => null,
}
