import { TuttiError } from '@tutti/core'
import type { Config } from './config.ts'
import { isLoopback } from './loopback.ts'

/** Whether tokens are asked for. */
export function hasKey({ jwtSecret, jwtPublicKey, jwksUrl }: Config): boolean {
  return jwtSecret !== null || jwtPublicKey !== null || jwksUrl !== null
}

/** Throws `forbidden` where everyone could come in and nobody has said that this is meant (SPEC SRV3). */
export function refuseOpenDoor(config: Config): void {
  if (hasKey(config) || isLoopback(config.host) || config.allowAnonymous) return
  throw new TuttiError(
    'forbidden',
    `host ${config.host} can be reached from elsewhere, and nobody has to say who they are: everyone who can connect could read and edit every document. Set jwtSecret (TUTTI_JWT_SECRET), jwtPublicKey or jwksUrl so that tokens are asked for, use a loopback address behind a proxy that asks, or say --allow-anonymous if that is what you want`,
  )
}
