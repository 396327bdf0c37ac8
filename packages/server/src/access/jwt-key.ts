import { createPublicKey, type KeyObject } from 'node:crypto'
import { type Env, TuttiError } from '@tutti/core'
import type { JWTVerifyGetKey } from 'jose'
import type { Logger } from '../runtime/logger.ts'
import type { JwtOptions } from './jwt-options.ts'
import { KeySet } from './key-set.ts'

/** How a signature is checked. The kind of key fixes the algorithms: no token chooses its own (SPEC ACC5). */
export interface JwtKey {
  readonly algorithms: readonly string[]
  readonly find: JWTVerifyGetKey
}

const leastSecretBytes = 32
const rsaPss = ['PS256', 'PS384', 'PS512']
const rsa = ['RS256', 'RS384', 'RS512', ...rsaPss]
const edwards = ['EdDSA', 'Ed25519']
const curves: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** The key that the options name. Throws, naming the option, when there is none, more than one, or an unfit one. */
export function jwtKey(options: JwtOptions, env: Env, logger: Logger): JwtKey {
  const names = (['jwtSecret', 'jwtPublicKey', 'jwksUrl'] as const).filter(name => (options[name] ?? null) !== null)
  const [name, other] = names
  if (name === undefined) throw unfit('jwtSecret, jwtPublicKey or jwksUrl', 'one of them is needed')
  if (other !== undefined) throw unfit(names.join(' and '), 'one kind of key at a time')
  const value = options[name] as string
  switch (name) {
    case 'jwtSecret':
      return secretKey(value)
    case 'jwtPublicKey':
      return publicKey(value)
    case 'jwksUrl':
      return keySet(value, env, logger)
  }
}

function secretKey(secret: string): JwtKey {
  const bytes = new TextEncoder().encode(secret)
  if (bytes.length < leastSecretBytes) {
    throw unfit('jwtSecret', `a secret has at least ${leastSecretBytes} bytes, this one ${bytes.length}`)
  }
  return { algorithms: ['HS256'], find: () => bytes }
}

function publicKey(text: string): JwtKey {
  const key = readPublicKey(text)
  const algorithms = algorithmsOf(key)
  return { algorithms, find: () => key }
}

function readPublicKey(text: string): KeyObject {
  const isJwk = text.trimStart().startsWith('{')
  let jwk: Record<string, unknown> | null = null
  try {
    jwk = isJwk ? (JSON.parse(text) as Record<string, unknown>) : null
  } catch {
    throw unfit('jwtPublicKey', 'it is neither PEM nor a JWK')
  }
  if (/PRIVATE KEY-----/.test(text) || jwk?.['d'] !== undefined) {
    throw unfit('jwtPublicKey', 'it is a private key: give the public one, and keep this one where tokens are made')
  }
  try {
    return createPublicKey(jwk === null ? text : { key: jwk as never, format: 'jwk' })
  } catch {
    throw unfit('jwtPublicKey', 'it is no public key that can be read: PEM, or a JWK of kind RSA, EC or OKP')
  }
}

function algorithmsOf(key: KeyObject): readonly string[] {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const elliptic = curves[namedCurve]
  if (key.asymmetricKeyType === 'ed25519') return edwards
  if (key.asymmetricKeyType === 'ec' && elliptic !== undefined) return [elliptic]
  const isRsa = key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss'
  if (isRsa && modulusLength >= 2_048) return key.asymmetricKeyType === 'rsa' ? rsa : rsaPss
  throw unfit('jwtPublicKey', 'it is none of RSA with 2048 bits or more, P-256, P-384, P-521, Ed25519')
}

function keySet(url: string, env: Env, logger: Logger): JwtKey {
  const set = new KeySet({ url: safeUrl(url), env, logger })
  return {
    algorithms: [...rsa, ...Object.values(curves), ...edwards],
    find: (header, token) => set.find(header, token),
  }
}

/** Whoever can change the keys on their way can make tokens. */
function safeUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  const isLoopback = url !== null && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)) return url
  throw unfit('jwksUrl', 'it is no https address (http is fine on loopback only)')
}

function unfit(option: string, why: string): TuttiError {
  return new TuttiError('internal', `${option}: ${why}`)
}
