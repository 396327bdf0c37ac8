import { createPrivateKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { UsageError } from './exit.ts'

/** What a token is signed with, and how. */
export interface SigningKey {
  readonly key: KeyObject
  readonly algorithm: string
}

/** The private key of a file (PEM or JWK), else the secret that is configured. */
export function signingKey(config: Config, file: string | undefined): SigningKey {
  if (file !== undefined) return privateKey(file)
  if (config.jwtSecret !== null) return { key: createSecretKey(Buffer.from(config.jwtSecret)), algorithm: 'HS256' }
  throw new UsageError(
    'there is nothing to sign with: set the secret the relay has (TUTTI_JWT_SECRET or TUTTI_JWT_SECRET_FILE), or name a private key with --key',
  )
}

function privateKey(file: string): SigningKey {
  let key: KeyObject
  try {
    const text = readFileSync(file, 'utf8')
    const isJwk = text.trimStart().startsWith('{')
    key = isJwk ? createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' }) : createPrivateKey(text)
  } catch (error) {
    // What a parser says may quote the key.
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`--key ${file}: no private key can be read there (${code ?? 'it takes PEM or JWK'})`)
  }
  return { key, algorithm: algorithmOf(key, file) }
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

function algorithmOf(key: KeyObject, file: string): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  const algorithm =
    type === 'rsa'
      ? 'RS256'
      : type === 'rsa-pss'
        ? 'PS256'
        : type === 'ed25519'
          ? 'EdDSA'
          : type === 'ec'
            ? curves[details?.namedCurve ?? '']
            : undefined
  if (algorithm === undefined) throw new UsageError(`--key ${file}: tokens are not signed with keys of type ${type}`)
  return algorithm
}
