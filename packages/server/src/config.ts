import { z } from 'zod'

/** Everything that can be set. Units are in the names. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly site: string | null
  readonly allowAnonymous: boolean
  readonly origins: readonly string[]
  readonly maxConnections: number
  readonly idleMs: number
  readonly sweepMs: number
  readonly compactAfterEntries: number
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

/** What flags, environment (`TUTTI_…`) or an embedding app give: any part of it, numbers also as text. */
export type ConfigInput = {
  readonly [Key in keyof Config]?: Config[Key] | (Config[Key] extends number ? string : never)
}

const configSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  port: z.coerce.number().int().min(0).max(65_535).default(1234).describe('port to listen on; 0 picks a free one'),
  data: z.string().min(1).default('./data').describe('folder of the durable store'),
  site: z.string().min(1).nullable().default(null).describe('folder of a site to serve at /'),
  allowAnonymous: z
    .boolean()
    .default(false)
    .describe('listen beyond loopback although nobody has to say who they are: everyone who can connect can edit'),
  origins: z.array(z.string()).default([]).describe('web origins that may connect besides this server and loopback'),
  maxConnections: z.coerce.number().int().min(1).default(20_000).describe('connections at once'),
  idleMs: z.coerce
    .number()
    .int()
    .min(0)
    .default(30_000)
    .describe('how long a document nobody has open stays in memory'),
  sweepMs: z.coerce
    .number()
    .int()
    .min(100)
    .default(30_000)
    .describe('how often documents are looked over for compaction'),
  compactAfterEntries: z.coerce
    .number()
    .int()
    .min(2)
    .default(500)
    .describe('entries after which a document is compacted'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('what is logged'),
})

/** Fills in what was left out. Throws a `ZodError` whose issues name the option and what is allowed. */
export function parseConfig(input: ConfigInput): Config {
  return configSchema.parse(input)
}

/** Loopback is the only place where nobody needs to say who they are. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
