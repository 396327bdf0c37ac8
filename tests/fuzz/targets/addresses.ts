import type { IncomingMessage } from 'node:http'
import { parseDeviceId, parseDocName, parseEpoch, parseSessionId } from '@tutti/core'
import { ConfigError } from '../../../packages/server/src/config/config-error.ts'
import type { ConfigInput } from '../../../packages/server/src/config/config.ts'
import { isLoopback } from '../../../packages/server/src/config/loopback.ts'
import { parseConfig } from '../../../packages/server/src/config/read-config.ts'
import { nameKey, nameOfKey } from '../../../packages/server/src/log/level-keys.ts'
import { mayConnectFrom } from '../../../packages/server/src/socket/origin.ts'
import { Choices } from '../engine/choices.ts'
import { check, type FuzzTarget } from '../engine/target.ts'

const text = new TextDecoder()
const utf8 = new TextEncoder()
const hosts = ['localhost:1234', '127.0.0.1', 'app.example', '[::1]:80', 'localhost.evil.example', '']

/** Names, ids, origins and options, as text from outside. */
export const addresses: FuzzTarget = {
  name: 'addresses',
  watched: [
    'packages/core/src/base/id.ts',
    'packages/server/src/access/origin.ts',
    'packages/server/src/config/read-config.ts',
  ],
  maxBytes: 120,
  pace: 30_000,
  seeds: () => [
    ...['song', '%C3%A9%2F..', '..', '\u0000', 'a'.repeat(110)].map(name => Uint8Array.of(0, ...utf8.encode(name))),
    ...['http://localhost:1234', 'https://app.example', 'null', 'http://127.0.0.1@evil.example', 'http://[::1]'].map(
      origin => Uint8Array.of(1, 0, ...utf8.encode(origin)),
    ),
    ...[
      '{"port":"80"}',
      '{"host":"::1","origins":["*"],"site":null}',
      '{"idleMs":"1e3","logLevel":"info","sweepMs":-1}',
    ].map(options => Uint8Array.of(2, ...utf8.encode(options))),
  ],
  words: [
    '%2F',
    '%',
    '..',
    '%ED%A0%80',
    '\ud83d',
    'localhost',
    '127.0.0.1',
    '://',
    '@',
    ':',
    '"port":',
    '1e400',
    '0x10',
    '""',
  ].map(word => utf8.encode(word)),
  run(input) {
    const choices = new Choices(input)
    const kind = choices.int(3)
    if (kind === 0) namesKeep(text.decode(choices.rest()))
    else if (kind === 1) originsKeep(hosts[choices.int(hosts.length)] as string, text.decode(choices.rest()))
    else optionsKeep(text.decode(choices.rest()))
  },
}

/** A name that passes is the same behind its key, in an address and in a file; a word is a word. */
function namesKeep(source: string): void {
  let decoded: string
  try {
    decoded = decodeURIComponent(source)
  } catch {
    decoded = source
  }
  for (const name of [source, decoded]) {
    const parsed = parseDocName(name)
    if (!parsed.ok) continue
    check(nameOfKey(nameKey(parsed.value)) === name, 'a name comes back from its key')
    check(decodeURIComponent(encodeURIComponent(name)) === name, 'a name goes through an address')
    check(text.decode(utf8.encode(name)) === name, 'a name goes through UTF-8')
  }
  for (const parse of [parseEpoch, parseDeviceId, parseSessionId]) {
    const word = parse(source)
    if (word.ok) check(encodeURIComponent(source) === source, 'a word needs no escape')
  }
}

function originsKeep(host: string, origin: string): void {
  const request = { headers: { origin, host: host === '' ? undefined : host } } as unknown as IncomingMessage
  if (origin === '' || !mayConnectFrom(request, { origins: ['https://app.example'], onlyLoopback: false })) return
  if (origin === 'https://app.example') return
  const { host: from, hostname } = new URL(origin)
  const isLocal = (name: string): boolean => name === 'localhost' || name === '127.0.0.1' || name === '[::1]'
  const own = host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : (host.split(':')[0] as string)
  check(from === host || (isLocal(hostname) && isLocal(own)), 'a foreign origin may not connect')
}

function optionsKeep(source: string): void {
  let given: unknown
  try {
    given = JSON.parse(source)
  } catch {
    return
  }
  try {
    const { port, host, idleMs, sweepMs, maxConnections } = parseConfig(given as ConfigInput)
    check(Number.isInteger(port) && port >= 0 && port < 65_536, 'a port is a port')
    for (const number of [idleMs, sweepMs, maxConnections]) check(Number.isFinite(number), 'a number is a number')
    check(typeof isLoopback(host) === 'boolean', 'a host is judged')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    check(error.mistakes.length > 0, 'a mistake names its options')
  }
}
