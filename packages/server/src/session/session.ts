import type { DocName, Env, ErrorCode } from '@tutti/core'
import type { Door } from '../access/door.ts'
import type { House } from '../room/house.ts'
import type { Wire } from '../room/reader.ts'
import type { Logger } from '../runtime/logger.ts'

/** The connection under a session: a WebSocket, or a pair of queues in a test. */
export interface Peer extends Wire {
  /** Ends the connection with the close code of `code`. Frames already written go out first. */
  close(code: ErrorCode, message: string): void
  /** Stops and resumes reading, while something must come first. */
  pause(): void
  resume(): void
}

/** What every session is given. */
export interface SessionContext {
  readonly house: House
  readonly door: Door
  readonly env: Env
  readonly logger: Logger
  /** Names this server process to clients. */
  readonly serverId: string
}

/** Who speaks on a connection, and of what. */
export interface SessionFacts {
  /** "" where nobody was asked, or is known yet. */
  readonly subject: string
  /** "" for stock clients. */
  readonly device: string
  readonly documents: readonly DocName[]
}

/** One connection, whatever it speaks. The socket calls; the session answers through its peer. */
export interface Session {
  readonly dialect: 'native' | 'stock'
  /** One whole binary message. */
  receive(message: Uint8Array): void
  /** The socket has room again. */
  drained(): void
  /** Time to say something, so that the other side knows we are here. */
  beat(): void
  /** The server stops: say when to come back. */
  drain(afterMs: number, jitterMs: number): void
  /** Ends the connection, and says why. */
  end(code: ErrorCode, message: string): void
  facts(): SessionFacts
  /** The connection is gone. */
  ended(): void
}
