import { type Env, permissionFor, serverPermissionOf, systemEnv } from '@tutti/core'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import { type Logger, silentLogger } from '../runtime/logger.ts'
import type { Authorize } from './authorize.ts'
import { readClaims, toleranceMs } from './jwt-claims.ts'
import { jwtKey } from './jwt-key.ts'
import type { JwtOptions } from './jwt-options.ts'

/** Longer tokens are not looked at. */
const maxTokenUnits = 8_192

/**
 * A door that takes JSON Web Tokens: signed by the one kind of key that is configured, with `sub`, `exp` and what
 * `tutti` grants (SPEC ACC4, ACC5). Throws, naming the option, when the key is unfit. Why a token is refused is logged
 * by the name of the fault; the token itself never is.
 */
export function jwtAuthorize(
  options: JwtOptions,
  { env = systemEnv, logger = silentLogger }: { readonly env?: Env; readonly logger?: Logger } = {},
): Authorize {
  const key = jwtKey(options, env, logger)
  const { jwtIssuer, jwtAudience } = options
  const checks = {
    algorithms: [...key.algorithms],
    requiredClaims: ['sub', 'exp'],
    clockTolerance: toleranceMs / 1_000,
    ...(typeof jwtIssuer === 'string' ? { issuer: jwtIssuer } : {}),
    ...(typeof jwtAudience === 'string' ? { audience: jwtAudience } : {}),
  }
  const refuse = (facts: object) => {
    logger.info(facts, 'token refused')
    return null
  }
  return {
    async identify(token) {
      if (token === '' || token.length > maxTokenUnits) return null
      let claims: JWTPayload
      try {
        claims = (await jwtVerify(token, key.find, { ...checks, currentDate: new Date(env.clock.now()) })).payload
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error
        return refuse({ why: error.code, ...claimOf(error) })
      }
      const identity = readClaims(claims)
      return 'badClaim' in identity ? refuse({ why: 'claim', claim: identity.badClaim }) : identity
    },
    permit: ({ grants = [] }, doc) => permissionFor(grants, doc),
    permitServer: ({ grants = [] }) => serverPermissionOf(grants),
    isSteady: true,
  }
}

function claimOf(error: errors.JOSEError): { readonly claim?: string } {
  return error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired
    ? { claim: error.claim }
    : {}
}
