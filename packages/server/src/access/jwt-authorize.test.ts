import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DocName, systemEnv, TuttiError } from '@tutti/core'
import { manualEnv } from '@tutti/core/testing'
import fc from 'fast-check'
import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import type { Logger } from '../runtime/logger.ts'
import type { Identity } from './authorize.ts'
import { jwtAuthorize } from './jwt-authorize.ts'

const secret = 'a secret of thirty-two bytes: yes'
const key = new TextEncoder().encode(secret)
const now = Math.floor(Date.now() / 1_000)
const good = { sub: 'ann', exp: now + 600, tutti: { write: ['team/**'] } }

function signed(claims: JWTPayload, alg = 'HS256', by: Parameters<SignJWT['sign']>[0] = key, kid?: string) {
  return new SignJWT(claims).setProtectedHeader(kid === undefined ? { alg } : { alg, kid }).sign(by)
}

const doc = (name: string) => name as DocName
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe('tokens', () => {
  const door = jwtAuthorize({ jwtSecret: secret })

  test('[ACC4] say who somebody is and what they may do', async () => {
    const token = await signed({
      ...good,
      iat: now,
      jti: 't1',
      name: 'Ann',
      picture: 'https://x/a.png',
      tutti: { read: ['open/*'], write: ['team/**'], admin: ['team/own'], device: 'phone' },
    })
    const identity = (await door.identify(token)) as Identity
    expect(identity).toMatchObject({
      subject: 'ann',
      user: { name: 'Ann', picture: 'https://x/a.png' },
      expiresAt: (now + 605) * 1_000,
      issuedAt: now * 1_000,
      tokenId: 't1',
      device: 'phone',
    })
    const names = ['open/a', 'open/a/b', 'team/a/b', 'team/own', 'other']
    expect(names.map(name => door.permit(identity, doc(name)))).toEqual(['read', null, 'write', 'admin', null])
    expect(door.permitServer?.(identity)).toBe(null)
  })

  test('[ACC4] without grants allow nothing', async () => {
    const identity = (await door.identify(await signed({ sub: 'ann', exp: now + 600 }))) as Identity
    expect(door.permit(identity, doc('a'))).toBe(null)
  })

  test.each([
    ['none', () => ''],
    ['garbage', () => 'garbage'],
    ['three dots', () => 'a.b.c'],
    ['one that is too long', () => signed({ ...good, more: 'x'.repeat(8_192) })],
    ['expired', () => signed({ ...good, exp: now - 60 })],
    ['not yet valid', () => signed({ ...good, nbf: now + 60 })],
    ['without an end', () => signed({ sub: 'ann', tutti: good.tutti })],
    ['without a subject', () => signed({ exp: good.exp, tutti: good.tutti })],
    ['an empty subject', () => signed({ ...good, sub: '' })],
    ['a subject with a line break', () => signed({ ...good, sub: 'a\nb' })],
    ['a subject that is no text', () => signed({ ...good, sub: 7 as never })],
    ['a misspelt grant', () => signed({ ...good, tutti: { writes: ['**'] } })],
    ['a grant that is no list', () => signed({ ...good, tutti: { write: '**' } })],
    ['an empty pattern', () => signed({ ...good, tutti: { write: [''] } })],
    ['a broken pattern', () => signed({ ...good, tutti: { write: ['a\\'] } })],
    ['too many patterns', () => signed({ ...good, tutti: { write: new Array(101).fill('a') } })],
    ['another secret', () => signed(good, 'HS256', new TextEncoder().encode(`${secret}!`))],
    ['another algorithm', () => signed(good, 'HS512')],
    ['no signature', () => new UnsecuredJWT(good).encode()],
    ['a signature cut off', async () => (await signed(good)).replace(/[^.]*$/, '')],
    ['changed claims', async () => (await signed(good)).replace(/\.[^.]*\./, `.${btoa('{"sub":"eve","exp":9e9}')}.`)],
  ])('[ACC4] %s: refused', async (_, token) => {
    expect(await door.identify(await token())).toBe(null)
  })

  test('[ACC4] clocks may differ by 5 s', async () => {
    expect(await door.identify(await signed({ ...good, exp: now - 2 }))).not.toBe(null)
    expect(await door.identify(await signed({ ...good, nbf: now + 3 }))).not.toBe(null)
  })

  test('[ACC4] issuer and audience count where they are configured', async () => {
    const strict = jwtAuthorize({ jwtSecret: secret, jwtIssuer: 'us', jwtAudience: 'tutti' })
    const ask = async (more: JWTPayload) => (await strict.identify(await signed({ ...good, ...more }))) !== null
    expect(await ask({ iss: 'us', aud: 'tutti' })).toBe(true)
    expect(await ask({ iss: 'us', aud: ['other', 'tutti'] })).toBe(true)
    expect(await ask({ iss: 'us', aud: 'other' })).toBe(false)
    expect(await ask({ iss: 'them', aud: 'tutti' })).toBe(false)
    expect(await ask({ iss: 'us' })).toBe(false)
    expect(await ask({ aud: 'tutti' })).toBe(false)
  })

  test('[ACC4] whatever the text, it is refused and nothing is thrown', async () => {
    const parts = fc.oneof(fc.base64String(), fc.string({ unit: 'binary' }), fc.json().map(btoaSafe))
    const texts = fc.oneof(
      fc.string(),
      fc.array(parts, { maxLength: 5 }).map(all => all.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(texts, async text => {
        expect(await door.identify(text)).toBe(null)
      }),
      { numRuns: 1_000 },
    )
  })
})

function btoaSafe(text: string): string {
  return Buffer.from(text).toString('base64url')
}

describe('keys', () => {
  test.each([
    ['RS256', 'PS512'],
    ['PS256', 'RS512'],
    ['ES256', null],
    ['ES384', null],
    ['ES512', null],
    ['EdDSA', null],
  ])('[ACC5] a public key takes tokens of its kind, as PEM and as JWK: %s', async (alg, also) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    const pem = await exportSPKI(publicKey)
    const jwk = JSON.stringify(await exportJWK(publicKey))
    for (const jwtPublicKey of [pem, jwk]) {
      const door = jwtAuthorize({ jwtPublicKey })
      expect(await door.identify(await signed(good, alg, privateKey))).toMatchObject({ subject: 'ann' })
      // What is public must not serve as a secret.
      for (const text of [pem, pem.trim(), jwk]) {
        expect(await door.identify(await signed(good, 'HS256', new TextEncoder().encode(text)))).toBe(null)
      }
      expect(await door.identify(new UnsecuredJWT(good).encode())).toBe(null)
    }
    if (also === null) return
    const pkcs8 = await exportPKCS8(privateKey)
    const { importPKCS8 } = await import('jose')
    const token = await signed(good, also, await importPKCS8(pkcs8, also))
    expect(await jwtAuthorize({ jwtPublicKey: pem }).identify(token)).not.toBe(null)
  })

  test('[ACC5] an unfit key is refused by the name of its option, and not repeated', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const cases = [
      [{}, /jwtSecret, jwtPublicKey or jwksUrl/],
      [{ jwtSecret: secret, jwksUrl: 'https://x/' }, /jwtSecret and jwksUrl: one kind/],
      [{ jwtSecret: 'short and secret' }, /jwtSecret: .* at least 32 bytes, this one 16/],
      [{ jwtPublicKey: 'no key' }, /jwtPublicKey: /],
      [{ jwtPublicKey: '{"kty":' }, /jwtPublicKey: /],
      [{ jwtPublicKey: JSON.stringify({ kty: 'oct', k: btoaSafe(secret) }) }, /jwtPublicKey: /],
      [{ jwtPublicKey: await exportPKCS8(privateKey) }, /private key/],
      [{ jwtPublicKey: JSON.stringify(await exportJWK(privateKey)) }, /private key/],
      [{ jwksUrl: 'http://example.com/keys' }, /jwksUrl: .*https/],
      [{ jwksUrl: 'http://localhost.example.com/keys' }, /jwksUrl/],
      [{ jwksUrl: 'file:///etc/passwd' }, /jwksUrl/],
    ] as const
    for (const [options, message] of cases) {
      expect(() => jwtAuthorize(options)).toThrow(message)
      for (const value of Object.values(options)) {
        expect(() => jwtAuthorize(options)).not.toThrow(value.length > 10 ? value : /never/)
      }
    }
  })
})

interface KeyServer {
  readonly url: string
  keys: object[]
  status: number
  asked: number
}

async function keyServer(): Promise<KeyServer> {
  const told: KeyServer = { url: '', keys: [], status: 200, asked: 0 }
  const server: Server = createServer((_, response) => {
    told.asked++
    response.writeHead(told.status).end(JSON.stringify({ keys: told.keys }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return Object.assign(told, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` })
}

async function pair(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  return { kid, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }, privateKey }
}

describe('a key set', () => {
  /** Virtual time at the server, real time on the wire. */
  function doorAt(url: string) {
    const env = manualEnv()
    const clock = { ticks: () => env.clock.ticks(), now: () => Date.now() }
    const door = jwtAuthorize({ jwksUrl: url }, { env: { clock, timers: env.timers, random: env.random } })
    return { env, identify: async (token: string) => door.identify(token) }
  }
  /** What comes of it when time passes while it is waited for. */
  async function after<T>(env: ReturnType<typeof manualEnv>, ms: number, asked: Promise<T>): Promise<T> {
    while (env.waiting === 0) await new Promise(resolve => setImmediate(resolve))
    env.advance(ms)
    return asked
  }

  test('[ACC6] is asked once for many tokens, and again when it was rotated', async () => {
    const server = await keyServer()
    const [one, two] = [await pair('one'), await pair('two')]
    server.keys = [one.jwk]
    const { env, identify } = doorAt(server.url)
    const by = (key: typeof one) => signed(good, 'ES256', key.privateKey, key.kid)
    const first = await by(one)
    const many = await Promise.all(Array.from({ length: 50 }, () => identify(first)))
    expect(many.every(identity => identity !== null)).toBe(true)
    expect(server.asked).toBe(1)
    server.keys = [two.jwk]
    const second = await by(two)
    expect(await after(env, 5_000, identify(second))).toMatchObject({ subject: 'ann' })
    expect(server.asked).toBe(2)
    // The one that was taken away is known no more.
    expect(await after(env, 5_000, identify(first))).toBe(null)
  })

  test('[ACC6] is asked at most every 5 s, however many unknown keys are named', async () => {
    const server = await keyServer()
    const [one, stranger] = [await pair('one'), await pair('stranger')]
    server.keys = [one.jwk]
    const { env, identify } = doorAt(server.url)
    await identify(await signed(good, 'ES256', one.privateKey, 'one'))
    const forged = await Promise.all(
      Array.from({ length: 30 }, (_, i) => signed(good, 'ES256', stranger.privateKey, `k${i}`)),
    )
    const answers = Promise.all(forged.map(token => identify(token)))
    expect((await after(env, 5_000, answers)).every(identity => identity === null)).toBe(true)
    expect(server.asked).toBe(2)
  })

  test('[ACC6] that does not answer refuses nobody for good, and what it said holds for an hour', async () => {
    const server = await keyServer()
    const [one, two] = [await pair('one'), await pair('two')]
    server.status = 503
    const { env, identify } = doorAt(server.url)
    const first = await signed(good, 'ES256', one.privateKey, 'one')
    const second = await signed(good, 'ES256', two.privateKey, 'two')
    await expect(identify(first)).rejects.toThrow(TuttiError)
    server.keys = [one.jwk]
    server.status = 200
    expect(await after(env, 5_000, identify(first))).not.toBe(null)
    server.status = 500
    env.advance(11 * 60_000)
    expect(await identify(first)).not.toBe(null)
    const unknown = identify(second)
    unknown.catch(() => {})
    await expect(after(env, 5_000, unknown)).rejects.toThrow(/cannot be had now/)
    env.advance(60 * 60_000)
    await expect(identify(first)).rejects.toThrow(/cannot be had now/)
    server.keys = [two.jwk]
    server.status = 200
    expect(await after(env, 5_000, identify(second))).not.toBe(null)
  })

  test('[ACC6] that is no key set, or endless, is one that does not answer', async () => {
    for (const body of ['{}', 'no json', `{"keys":[],"more":"${'x'.repeat(300_000)}"}`]) {
      const server: Server = createServer((_, response) => response.end(body))
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      const { identify } = doorAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      await expect(identify(await signed(good, 'ES256', (await pair('a')).privateKey, 'a'))).rejects.toThrow(
        /cannot be had now/,
      )
      server.closeAllConnections()
      server.close()
    }
  })
})

describe('secrecy', () => {
  test('[ACC7] a refused token leaves no part of itself in the log', async () => {
    const lines: string[] = []
    const keep = (facts: object, message: string) => void lines.push(JSON.stringify(facts) + message)
    const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep }
    const door = jwtAuthorize({ jwtSecret: secret, jwtIssuer: 'us' }, { env: systemEnv, logger })
    const tokens = [
      await signed({ ...good, exp: now - 60 }),
      await signed({ ...good, iss: 'somebody-else' }),
      await signed({ ...good, iss: 'us', tutti: { writes: ['team-secret'] } }),
      await signed(good, 'HS256', new TextEncoder().encode(`${secret}!`)),
      'aaaaaaaa.bbbbbbbb.cccccccc',
      new UnsecuredJWT(good).encode(),
    ]
    for (const token of tokens) expect(await door.identify(token)).toBe(null)
    expect(lines.length).toBe(tokens.length)
    const log = lines.join('\n')
    for (const token of tokens) {
      for (const part of token.split('.')) if (part.length > 5) expect(log).not.toContain(part)
    }
    for (const word of [secret, 'somebody-else', 'team-secret']) expect(log).not.toContain(word)
  })
})
