import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigError } from './config-error.ts'
import { readConfigFile } from './config-file.ts'
import { type ConfigSources, parseConfig, readConfig } from './read-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'tutti-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secret = 'a-secret-that-must-never-be-shown-anywhere'

function wrong(sources: Partial<ConfigSources>): string[] {
  try {
    readConfig({ given: {}, nameOf: ({ flag }) => flag, ...sources })
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

function written(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('where a value comes from', () => {
  test('[SRV22] a flag counts more than the environment, that more than a file, that more than what is always so', () => {
    const file = { path: 'tutti.json', values: { port: 1, idleMs: 1, sweepMs: 101, host: '127.0.0.9' } }
    const environment = { TUTTI_PORT: '2', TUTTI_IDLE_MS: '2', PORT: '4', HOST: '127.0.0.4', TUTTI_SITE: '' }
    const { config, sources } = readConfig({ given: { port: '3' }, nameOf: ({ flag }) => flag, environment, file })
    expect(config).toMatchObject({ port: 3, idleMs: 2, host: '127.0.0.4', sweepMs: 101, site: null, data: './data' })
    expect(sources).toMatchObject({
      port: '--port',
      idleMs: 'TUTTI_IDLE_MS',
      host: 'HOST',
      sweepMs: 'tutti.json',
      site: 'default',
    })
  })

  test('[SRV22] text stands for numbers, lists and what is on or off; names people know already count least', () => {
    const environment = {
      TUTTI_ORIGINS: 'https://a.example, https://b.example',
      TUTTI_ALLOW_ANONYMOUS: 'yes',
      PORT: '9',
      YPERSISTENCE: '/d',
    }
    expect(readConfig({ given: {}, environment }).config).toMatchObject({
      origins: ['https://a.example', 'https://b.example'],
      allowAnonymous: true,
      port: 9,
      data: '/d',
    })
    expect(readConfig({ given: {}, environment: { ...environment, TUTTI_PORT: '8' } }).sources.port).toBe('TUTTI_PORT')
  })

  test('[SRV22] a secret is read from the file its variable names', () => {
    const path = written('secret', `${secret}\n`)
    const { config, sources } = readConfig({ given: {}, environment: { TUTTI_JWT_SECRET_FILE: path } })
    expect(config.jwtSecret).toBe(secret)
    expect(sources.jwtSecret).toBe('TUTTI_JWT_SECRET_FILE')
    const both = wrong({ environment: { TUTTI_JWT_SECRET_FILE: path, TUTTI_JWT_SECRET: secret } })
    expect(both).toEqual([expect.stringContaining('TUTTI_JWT_SECRET is set, too')])
    const missing = wrong({ environment: { TUTTI_JWT_SECRET_FILE: join(folder, 'none') } })
    expect(missing).toEqual([expect.stringMatching(/^TUTTI_JWT_SECRET_FILE: .*cannot be read: ENOENT/)])
  })
})

describe('what is wrong', () => {
  test('[SRV22] everything at once: the option, who said it, the value, what is allowed', () => {
    const file = { path: 'tutti.json', values: { logLevel: 'loud', maxConnections: true, origins: ['https://a/path'] } }
    const environment = { TUTTI_IDLE_MS: 'soon', TUTTI_JWKS_URL: 'http://keys.example/jwks' }
    expect(wrong({ given: { port: '70000' }, environment, file })).toEqual([
      '--port: port cannot be "70000"; it takes a whole number from 0 to 65535',
      'tutti.json: origins cannot be ["https://a/path"]; it takes origins such as https://app.example, without a path, or *',
      'TUTTI_JWKS_URL: jwksUrl cannot be "http://keys.example/jwks"; it takes an https address (or http on loopback)',
      'tutti.json: maxConnections cannot be true; it takes a whole number from 1 to 10000000',
      'TUTTI_IDLE_MS: idleMs cannot be "soon"; it takes a whole number from 0 to 2592000000',
      'tutti.json: logLevel cannot be "loud"; it takes one of debug, info, warn, error, silent',
    ])
  })

  test('[SRV22] what nobody knows is named, with what was probably meant', () => {
    const file = { path: 'tutti.json', values: { prot: 1, zebra: 1, $schema: './x' } }
    expect(wrong({ file, environment: { TUTTI_MAX_CONECTIONS: '5', TUTTI_ELSE: '1' } })).toEqual([
      'tutti.json: prot cannot be set; there is no such option: did you mean port?',
      'tutti.json: zebra cannot be set; there is no such option',
      'the environment: TUTTI_MAX_CONECTIONS cannot be set; there is no such variable: did you mean TUTTI_MAX_CONNECTIONS?',
    ])
    expect(() => parseConfig({ prot: 1 } as never)).toThrow('did you mean port')
    for (const given of [null, 5, 'port', [1]]) expect(() => parseConfig(given as never)).toThrow(ConfigError)
  })

  test('[SRV22] [SRV23] a key that is none, or a private one, is told apart and not shown', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    for (const jwtPublicKey of [
      pem,
      JSON.stringify(privateKey.export({ format: 'jwk' })),
      '-----BEGIN PUBLIC KEY-----',
      '{',
    ]) {
      const said = wrong({ given: { jwtPublicKey } })
      expect(said).toEqual([expect.stringMatching(/^--jwt-public-key: .*; it takes a public key as PEM/)])
      expect(said.join('')).not.toContain(pem.split('\n')[1])
      expect(said.join('')).not.toContain(privateKey.export({ format: 'jwk' }).d)
    }
    expect(wrong({ given: { jwtPublicKey: JSON.stringify(publicKey.export({ format: 'jwk' })) } })).toEqual([])
  })

  test('[SRV22] one kind of key at a time', () => {
    const both = wrong({ given: { jwtSecret: secret }, environment: { TUTTI_JWKS_URL: 'https://keys.example/jwks' } })
    expect(both).toEqual([expect.stringMatching(/^TUTTI_JWKS_URL: jwksUrl .*jwtSecret is set by --jwt-secret/)])
  })

  test('[SRV23] a secret is in no mistake', () => {
    const short = secret.slice(0, 20)
    const said = wrong({ given: { jwtSecret: short }, environment: { TUTTI_METRICS_TOKEN: 'tiny-secret' } }).join('\n')
    expect(said).toContain('--jwt-secret: jwtSecret cannot be a secret of 20 characters')
    expect(said).not.toContain(short)
    expect(said).not.toContain('tiny-secret')
    const path = written('broken.json', `{ "jwtSecret": "${secret}" "port": 1 }`)
    expect(() => readConfigFile(path)).toThrow(/it is not JSON/)
    expect(() => readConfigFile(path)).not.toThrow(secret.slice(0, 8))
  })

  test('[SRV22] a file that is none says so', () => {
    expect(() => readConfigFile(join(folder, 'none.json'))).toThrow(/--config: .*cannot be read/)
    expect(() => readConfigFile(written('list.json', '[]'))).toThrow('one JSON object')
    expect(readConfigFile(written('good.json', '{"port":5}')).values).toEqual({ port: 5 })
  })
})
