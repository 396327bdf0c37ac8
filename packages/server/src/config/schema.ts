import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import type { Config } from './config.ts'
import { list, oneOf, text, whole, yesOrNo } from './fields.ts'
import { isLoopback } from './loopback.ts'

const hour = 3_600_000
const day = 24 * hour
const folder = text('the path of a folder')

/** Nobody guesses a secret of this length; a shorter one is tried out in a night. */
const leastSecretBytes = 32

/**
 * The one list of everything that can be set: what it takes, what it is when nobody says, and what it means. The command
 * line, the environment, the file, the page and the mistakes are all made from it. `takes` is what help shows, `alias` a
 * variable that people have set already, `isSecret` never shown, `mayBeFile` also read from the file that `…_FILE` names.
 */
const shape = {
  host: text('an address or a name of this machine').default('127.0.0.1').meta({
    description: 'address to listen on',
    takes: 'address',
    alias: 'HOST',
  }),
  port: whole(0, 65_535).default(1234).meta({
    description: 'port to listen on; 0 picks a free one',
    takes: 'number',
    alias: 'PORT',
  }),
  data: folder.default('./data').meta({
    description: 'folder of the durable store',
    takes: 'folder',
    alias: 'YPERSISTENCE',
  }),
  site: folder.nullable().default(null).meta({
    description: 'folder of a site to serve at `/`',
    takes: 'folder',
  }),
  allowAnonymous: yesOrNo().default(false).meta({
    description:
      'listen beyond loopback although nobody has to say who they are: everyone who can connect can read and edit everything',
  }),
  origins: list('origins such as https://app.example, without a path, or *', isOrigin).default([]).meta({
    description: 'web origins that may connect besides this server and loopback',
    takes: 'origins',
  }),
  jwtSecret: text(`a secret of at least ${leastSecretBytes} bytes`, isLongEnough)
    .nullable()
    .default(null)
    .meta({
      description: `secret that tokens are signed with (HS256), at least ${leastSecretBytes} bytes`,
      takes: 'secret',
      isSecret: true,
      mayBeFile: true,
    }),
  jwtPublicKey: text('a public key as PEM (-----BEGIN PUBLIC KEY-----) or as JWK', isPublicKey)
    .nullable()
    .default(null)
    .meta({
      description: 'public key that tokens are checked with: PEM or JWK (RS, PS, ES, EdDSA)',
      takes: 'key',
      mayBeFile: true,
    }),
  jwksUrl: text('an https address (or http on loopback)', isSafeUrl).nullable().default(null).meta({
    description: 'address of the key set (JWKS) that tokens are checked with',
    takes: 'url',
  }),
  jwtIssuer: text('a text').nullable().default(null).meta({
    description: 'who must have issued a token (`iss`)',
    takes: 'issuer',
  }),
  jwtAudience: text('a text').nullable().default(null).meta({
    description: 'whom a token must be meant for (`aud`)',
    takes: 'audience',
  }),
  recheckMs: whole(100, hour).default(5_000).meta({
    description: 'how often it is asked again what those who are connected may do',
    takes: 'ms',
  }),
  trustedProxies: whole(0, 10).default(0).meta({
    description: 'proxies in front of the relay whose `X-Forwarded-For` is believed; 0 believes nobody',
    takes: 'number',
  }),
  maxConnections: whole(1, 10_000_000).default(20_000).meta({
    description: 'connections at once; more are told to come back later',
    takes: 'number',
  }),
  maxConnectionsPerAddress: whole(0, 10_000_000).default(1_000).meta({
    description: 'connections at once from one address that is not loopback; 0 for no limit',
    takes: 'number',
  }),
  idleMs: whole(0, 30 * day)
    .default(30_000)
    .meta({
      description: 'how long a document nobody has open stays in memory',
      takes: 'ms',
    }),
  sweepMs: whole(100, day).default(30_000).meta({
    description: 'how often documents are looked over for compaction',
    takes: 'ms',
  }),
  compactAfterEntries: whole(2, 1_000_000_000).default(500).meta({
    description: 'entries after which a document is compacted',
    takes: 'number',
  }),
  restoreWindowMs: whole(0, 3_650 * day)
    .default(30 * day)
    .meta({
      description: 'how long a deleted document can be brought back',
      takes: 'ms',
    }),
  metricsToken: text('a secret of at least 16 characters', value => value.length >= 16)
    .nullable()
    .default(null)
    .meta({
      description: 'bearer token that `/metrics` asks for; without one it answers on loopback only',
      takes: 'secret',
      isSecret: true,
      mayBeFile: true,
    }),
  logLevel: oneOf(['debug', 'info', 'warn', 'error', 'silent']).default('info').meta({
    description: 'what is logged: `debug`, `info`, `warn`, `error` or `silent`',
    takes: 'level',
  }),
} satisfies { readonly [Name in keyof Config]: z.ZodType<Config[Name]> }

/** Only for `options.ts`: whoever wants a configuration asks `readConfig`. */
export const configSchema: z.ZodObject<Readonly<Record<string, z.ZodType>>> = z.strictObject(shape)

function isOrigin(value: string): boolean {
  return value === '*' || value === 'null' || /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*$/i.test(value)
}

function isLongEnough(value: string): boolean {
  return Buffer.byteLength(value) >= leastSecretBytes
}

/** A private key is none: whoever gives it here has it in the wrong place. */
function isPublicKey(value: string): boolean {
  try {
    if (!value.trimStart().startsWith('{'))
      return !/PRIVATE KEY/.test(value) && createPublicKey(value).type === 'public'
    const key = JSON.parse(value) as JsonWebKey
    return key['d'] === undefined && createPublicKey({ key, format: 'jwk' }).type === 'public'
  } catch {
    return false
  }
}

function isSafeUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, hostname } = new URL(value)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}
