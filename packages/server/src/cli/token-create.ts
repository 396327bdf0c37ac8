import { parseDeviceId, parsePattern, type Permission, permissions, randomWord, systemEnv } from '@tutti/core'
import type { Command } from 'commander'
import { effectiveConfig, withConfig } from './configured.ts'
import { parseDuration } from './duration.ts'
import { UsageError } from './exit.ts'
import { signingKey } from './signing-key.ts'

interface CreateOptions extends Partial<Record<Permission, readonly string[]>> {
  readonly subject: string
  readonly name?: string
  readonly device?: string
  readonly expiresIn: string
  readonly key?: string
  readonly keyId?: string
  readonly json?: boolean
}

const idLetters = 16

/** `tutti token create`: prints the token, and nothing else. */
export function addTokenCreate(token: Command): void {
  const command = token
    .command('create')
    .description('sign a token with the secret that is configured, or with a private key')
    .requiredOption('--subject <id>', 'who it is for: the same in all tokens of one person or machine')
    .option('--read <patterns...>', 'documents they may read: * is any run without /, ** any run')
    .option('--write <patterns...>', 'documents they may edit')
    .option('--admin <patterns...>', 'documents they may delete and look after; ** is the server itself')
    .option('--expires-in <span>', '90s, 15m, 12h or 30d', '1h')
    .option('--name <name>', 'how the others see them')
    .option('--device <id>', 'the device it is for')
    .option('--key <file>', 'private key, PEM or JWK; without it the secret signs')
    .option('--key-id <id>', 'which key of a key set it is (`kid`)')
    .option('--json', 'with what it says, as JSON')
  withConfig(command, ['jwtSecret', 'jwtIssuer', 'jwtAudience']).action(async () => {
    const options = command.opts<CreateOptions>()
    const { config } = effectiveConfig(command)
    const { key, algorithm } = signingKey(config, options.key)
    const claims = claimsOf(options)
    const { SignJWT } = await import('jose')
    const signing = new SignJWT(claims).setProtectedHeader({
      alg: algorithm,
      typ: 'JWT',
      ...(options.keyId === undefined ? {} : { kid: options.keyId }),
    })
    if (config.jwtIssuer !== null) signing.setIssuer(config.jwtIssuer)
    if (config.jwtAudience !== null) signing.setAudience(config.jwtAudience)
    const text = await signing.sign(key)
    console.log(options.json === true ? JSON.stringify({ token: text, claims }, null, 2) : text)
  })
}

function claimsOf(options: CreateOptions) {
  const { subject, name, device, expiresIn } = options
  if (device !== undefined && !parseDeviceId(device).ok) {
    throw new UsageError(`--device: ${JSON.stringify(device)} is no device: it takes 1 to 64 letters, digits, - and _`)
  }
  const now = systemEnv.clock.now()
  const grants = Object.fromEntries(
    permissions.map(word => [word, patterns(options[word], word)]).filter(([, list]) => list?.length),
  )
  return {
    sub: subject,
    iat: Math.floor(now / 1_000),
    exp: Math.floor((now + parseDuration(expiresIn)) / 1_000),
    jti: randomWord(systemEnv.random, idLetters),
    ...(name === undefined ? {} : { name }),
    tutti: { ...grants, ...(device === undefined ? {} : { device }) },
  }
}

function patterns(given: readonly string[] | undefined, permission: Permission): readonly string[] {
  for (const text of given ?? []) {
    const pattern = parsePattern(text)
    if (!pattern.ok) throw new UsageError(`--${permission}: ${JSON.stringify(text)} will not do: ${pattern.error}`)
  }
  return given ?? []
}
