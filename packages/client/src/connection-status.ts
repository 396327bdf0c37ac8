import type { ConnectionState } from '@tutti/core'

export type ConnectionStatus = 'connecting' | 'connected' | 'disconnected'

/** The last word of a server: it will not have us. `code` is a WebSocket close code from 4400 to 4499. */
export interface Closed {
  readonly code: number
  readonly reason: string
}

/** A connection's state in the three words that y-websocket has for it. */
export function statusOf(state: ConnectionState): ConnectionStatus {
  switch (state.kind) {
    case 'online':
      return 'connected'
    case 'authorizing':
    case 'connecting':
    case 'greeting':
      return 'connecting'
    default:
      return 'disconnected'
  }
}
