import { type Env, type Millis, TuttiError } from '@tutti/core'
import {
  createLocalJWKSet,
  type CryptoKey,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
  type LocalJWKSet,
} from 'jose'
import type { Logger } from '../runtime/logger.ts'

/** How long keys are used without asking again. */
const freshMs: Millis = 10 * 60_000
/** How long they are used while asking fails: an outage there is none here, a key that was withdrawn ends. */
const keptMs: Millis = 60 * 60_000
/** Asked at most this often, whatever tokens come. */
const paceMs: Millis = 5_000
const timeoutMs: Millis = 5_000
const maxBytes = 256 * 1024

export interface KeySetOptions {
  readonly url: URL
  readonly env: Env
  readonly logger: Logger
}

/**
 * The keys at a JWKS address (SPEC ACC6). A token that names an unknown key waits until the address was asked once more:
 * the keys may have been rotated. While it cannot be asked the keys that are known are good, and nobody is refused for good.
 */
export class KeySet {
  readonly #options: KeySetOptions
  #keys: LocalJWKSet | null = null
  #gotTicks = 0
  #askedTicks = Number.NEGATIVE_INFINITY
  /** Waits for its turn; whoever needs an answer that is newer than now joins. */
  #next: Promise<boolean> | null = null
  #underWay: Promise<boolean> | null = null

  constructor(options: KeySetOptions) {
    this.#options = options
  }

  /** The key a token names. Rejects with an error of jose when there is none, `internal` when that cannot be known now. */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    let isAnswered = this.#age() >= freshMs ? await (this.#underWay ?? this.#askAgain()) : null
    if (this.#keys === null || this.#age() >= keptMs) throw unknowable()
    try {
      return await this.#keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || isAnswered === true) throw error
    }
    isAnswered ??= await this.#askAgain()
    if (!isAnswered) throw unknowable()
    return this.#keys(header, token)
  }

  #age(): Millis {
    return this.#keys === null ? Number.POSITIVE_INFINITY : this.#options.env.clock.ticks() - this.#gotTicks
  }

  /** Asks once more from now on; true when there was an answer. */
  #askAgain(): Promise<boolean> {
    this.#next ??= this.#turn().then(() => {
      this.#next = null
      this.#underWay = this.#ask()
      return this.#underWay
    })
    return this.#next
  }

  async #turn(): Promise<void> {
    const { clock, timers } = this.#options.env
    const waitMs = this.#askedTicks + paceMs - clock.ticks()
    if (waitMs > 0) await new Promise<void>(resolve => timers.after(waitMs, resolve))
    this.#askedTicks = clock.ticks()
  }

  async #ask(): Promise<boolean> {
    const { url, env, logger } = this.#options
    const abort = new AbortController()
    const forget = env.timers.after(timeoutMs, () => abort.abort())
    try {
      const response = await fetch(url, { redirect: 'error', signal: abort.signal })
      if (!response.ok) throw new Error(`it answers ${response.status}`)
      this.#keys = createLocalJWKSet(JSON.parse(await textOf(response)) as JSONWebKeySet)
      this.#gotTicks = env.clock.ticks()
      return true
    } catch (error) {
      const known = this.#keys === null ? 'none' : 'some'
      logger.warn({ host: url.host, known, error: String(error) }, 'the key set cannot be read')
      return false
    } finally {
      forget()
      this.#underWay = null
    }
  }
}

/** No longer than a key set is. */
async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

function unknowable(): TuttiError {
  return new TuttiError('internal', 'the keys that tokens are checked with cannot be had now')
}
