import type { Millis } from '@tutti/core'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Everything that can be set, as it is in effect. Units are in the names; what each means is in `schema.ts`. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly site: string | null
  readonly allowAnonymous: boolean
  readonly origins: readonly string[]
  readonly jwtSecret: string | null
  readonly jwtPublicKey: string | null
  readonly jwksUrl: string | null
  readonly jwtIssuer: string | null
  readonly jwtAudience: string | null
  readonly recheckMs: Millis
  readonly trustedProxies: number
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly idleMs: Millis
  readonly sweepMs: Millis
  readonly compactAfterEntries: number
  readonly restoreWindowMs: Millis
  readonly metricsToken: string | null
  readonly logLevel: LogLevel
}

export type ConfigName = keyof Config

/** What an embedding app gives: any part of it, numbers also as text. */
export type ConfigInput = {
  readonly [Name in ConfigName]?: Config[Name] | (Config[Name] extends number ? string : never) | undefined
}
