import { text as textOf } from 'node:stream/consumers'
import { systemEnv } from '@tutti/core'
import type { Command } from 'commander'
import type { JWTPayload } from 'jose'
import { readClaims, toleranceMs } from '../access/jwt-claims.ts'
import type { Config } from '../config/config.ts'
import { hasKey } from '../config/door.ts'
import { silentLogger } from '../runtime/logger.ts'
import { effectiveConfig, withConfig } from './configured.ts'
import { inWords } from './duration.ts'
import { exitCodes, UsageError } from './exit.ts'
import { styled, table } from './table.ts'

/** `tutti token inspect <token>`: ends with 1 where the relay would refuse it. */
export function addTokenInspect(token: Command): void {
  const command = token
    .command('inspect')
    .argument('[token]', 'the token; - or nothing reads it from standard input, where nobody else sees it', '-')
    .description('what a token says, and whether the relay would take it and why not')
    .option('--json', 'as JSON')
  withConfig(command, ['jwtSecret', 'jwtPublicKey', 'jwksUrl', 'jwtIssuer', 'jwtAudience']).action(
    async (given: string) => {
      const text = (given === '-' ? await textOf(process.stdin) : given).trim()
      const { header, claims } = await decoded(text)
      const { config } = effectiveConfig(command)
      const refused = hasKey(config) ? await whyRefused(text, config) : whyUnfit(claims)
      const checked = hasKey(config)
      if (command.opts<{ json?: boolean }>().json === true) {
        console.log(JSON.stringify({ header, claims, checked, refused }, null, 2))
      } else {
        console.log(table(['claim', 'says'], rowsOf(header, claims)))
        console.log(verdict(refused, checked))
      }
      if (refused !== null) process.exitCode = exitCodes.failed
    },
  )
}

async function decoded(text: string): Promise<{ readonly header: object; readonly claims: JWTPayload }> {
  const { decodeJwt, decodeProtectedHeader } = await import('jose')
  try {
    return { header: decodeProtectedHeader(text), claims: decodeJwt(text) }
  } catch {
    throw new UsageError('this is no token: it takes three parts of base64url with dots between them')
  }
}

function rowsOf(header: object, claims: JWTPayload): [string, string][] {
  const all = Object.entries({ ...header, ...claims })
  return all.map(([name, value]) => [name, isTime(name) && typeof value === 'number' ? timeOf(value) : asText(value)])
}

function isTime(name: string): boolean {
  return name === 'exp' || name === 'nbf' || name === 'iat'
}

function timeOf(seconds: number): string {
  const ms = seconds * 1_000
  const ahead = ms - systemEnv.clock.now()
  const when = Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : String(seconds)
  return `${when} (${ahead < 0 ? `${inWords(-ahead)} ago` : `in ${inWords(ahead)}`})`
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function verdict(refused: string | null, checked: boolean): string {
  if (refused !== null) return styled('red', `It would be refused: ${refused}`)
  if (checked) return styled('green', 'It would be taken: the signature and everything it says are as they must be.')
  return styled(
    'yellow',
    'Who signed it was not checked: no key is configured (TUTTI_JWT_SECRET, jwtPublicKey or jwksUrl).',
  )
}

/** Asks the door itself. */
async function whyRefused(text: string, config: Config): Promise<string | null> {
  const { jwtAuthorize } = await import('../access/jwt-authorize.ts')
  let why = 'it is longer than any token'
  const keep = (facts: object) => {
    const { why: code, claim } = facts as { why?: string; claim?: string }
    if (code !== undefined) why = reasonOf(code, claim)
  }
  const door = jwtAuthorize(config, { logger: { ...silentLogger, info: keep } })
  return (await door.identify(text)) === null ? why : null
}

const reasons: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'it has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'the key that is configured has not signed it',
  ERR_JOSE_ALG_NOT_ALLOWED: 'it is signed in another way than the key that is configured allows',
  ERR_JWKS_NO_MATCHING_KEY: 'the key set has no key that could have signed it',
}

function reasonOf(code: string, claim: string | undefined): string {
  return (
    reasons[code] ??
    (claim === undefined ? `it is no sound token (${code})` : `the claim ${claim} is not as it must be`)
  )
}

/** What can be said without a key. */
function whyUnfit(claims: JWTPayload): string | null {
  const identity = readClaims(claims)
  if ('badClaim' in identity) return reasonOf('claim', identity.badClaim)
  const now = systemEnv.clock.now()
  if (identity.expiresAt !== undefined && identity.expiresAt <= now) return reasonOf('ERR_JWT_EXPIRED', 'exp')
  return (claims.nbf ?? 0) * 1_000 > now + toleranceMs ? 'it is not valid yet' : null
}
