import { type Grant, type Millis, parseDeviceId, parsePattern, type Permission } from '@tutti/core'
import { z } from 'zod'
import type { Identity, User } from './authorize.ts'

/** Clocks of different machines differ. */
export const toleranceMs: Millis = 5_000

/** Words that are compared, stored and shown: no control characters. */
const word = z.string().regex(/^[^\u0000-\u001f\u007f]{1,256}$/u)

const patterns = z
  .array(
    z.string().transform((text, context) => {
      const pattern = parsePattern(text)
      if (pattern.ok) return pattern.value
      context.addIssue({ code: 'custom', message: pattern.error })
      return z.NEVER
    }),
  )
  .max(100)
  .default([])

const claimsSchema = z.object({
  sub: word,
  exp: z.number(),
  iat: z.number().optional(),
  jti: word.optional(),
  name: word.optional(),
  picture: z.string().max(2_048).optional(),
  // Strict: a misspelt permission is no permission, and is better told than overlooked.
  tutti: z
    .strictObject({
      read: patterns,
      write: patterns,
      admin: patterns,
      device: z
        .string()
        .refine(text => parseDeviceId(text).ok)
        .optional(),
    })
    .optional(),
})

/** Who the claims of a token that was checked speak of; else the path of the first claim that is not as it must be. */
export function readClaims(claims: unknown): Identity | { readonly badClaim: string } {
  const parsed = claimsSchema.safeParse(claims)
  if (!parsed.success) return { badClaim: parsed.error.issues[0]?.path.join('.') ?? '' }
  const { sub, exp, iat, jti, name, picture, tutti } = parsed.data
  return {
    subject: sub,
    grants: tutti === undefined ? [] : grantsOf(tutti),
    expiresAt: exp * 1_000 + toleranceMs,
    ...(iat === undefined ? {} : { issuedAt: iat * 1_000 }),
    ...(jti === undefined ? {} : { tokenId: jti }),
    ...(tutti?.device === undefined ? {} : { device: tutti.device }),
    ...userOf(name, picture),
  }
}

function grantsOf(claim: Readonly<Record<Permission, readonly Grant['documents'][]>>): readonly Grant[] {
  const all: readonly Permission[] = ['read', 'write', 'admin']
  return all.flatMap(permission => claim[permission].map(documents => ({ documents, permission })))
}

function userOf(name: string | undefined, picture: string | undefined): { readonly user?: User } {
  if (name === undefined && picture === undefined) return {}
  return { user: { ...(name === undefined ? {} : { name }), ...(picture === undefined ? {} : { picture }) } }
}
