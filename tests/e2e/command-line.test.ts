import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Author, type DocName, type Epoch, seq, systemEnv } from '@tutti/core'
import { openLevelLog } from '@tutti/server'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { unlessForbidden } from '../support/requires.ts'
import { canMount, smallDisk } from '../support/small-disk.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const bin = fileURLToPath(new URL('../../packages/server/bin/tutti.js', import.meta.url))
const secret = 'a-secret-that-must-never-be-shown-anywhere'

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Buffer
}

/** Runs a command to its end, with nothing of the environment of whoever runs the tests. */
function tutti(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
  prefix: readonly string[] = [],
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const [program, ...rest] = [...prefix, process.execPath, bin, ...args] as [string, ...string[]]
    const child = spawn(program, rest, { env: { PATH: process.env['PATH'] ?? '', ...env } })
    const out: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (part: Buffer) => out.push(part))
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      stderr += part
    })
    child.on('error', reject)
    child.on('close', code => {
      const bytes = Buffer.concat(out)
      resolve({ code, stdout: bytes.toString(), stderr, bytes })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

const author: Author = { subject: 'ana', device: 'd', session: 's' }

/** A data folder with documents, each with a text of that many entries. */
async function filled(documents: Readonly<Record<string, number>>): Promise<string> {
  const data = join(await tempDir('command-line'), 'data')
  const log = await openLevelLog(data, systemEnv)
  for (const [name, count] of Object.entries(documents)) {
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (bytes: Uint8Array) => updates.push(bytes))
    for (let at = 0; at < count; at++) doc.getText('notes').insert(at, 'x')
    const entries = updates.map((bytes, at) => ({
      bytes,
      at: 1_780_000_000_000 + at,
      base: seq(0),
      author,
      counter: at + 1,
    }))
    await log.append(name as DocName, 'e' as Epoch, entries)
  }
  await log.close()
  return data
}

/** Everything in a folder that a reader must leave as it is. */
function fingerprint(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter(path => !path.endsWith('LOCK'))
    .sort()
    .map(path => `${path} ${statSync(path).size} ${readFileSync(path).toString('base64').slice(-64)}`)
    .join('\n')
}

describe('what keeps it from starting', () => {
  test('[SRV24] a wrong flag, option or command is named with what was meant', async () => {
    const flag = await tutti(['--prot', '5'])
    expect([flag.code, flag.stderr]).toEqual([2, expect.stringContaining('Did you mean --port?')])
    const option = await tutti(['serve', '--port', '70000', '--idle-ms', 'x'])
    expect(option.code).toBe(2)
    expect(option.stderr.trim().split('\n')).toEqual([
      'tutti: --port: port cannot be "70000"; it takes a whole number from 0 to 65535',
      expect.stringContaining('--idle-ms: idleMs cannot be "x"'),
    ])
    const command = await tutti(['documnets', 'list'])
    expect([command.code, command.stderr]).toEqual([2, expect.stringContaining('did you mean documents?')])
    const open = await tutti(['serve', '--host', '0.0.0.0', '--port', '0'])
    expect([open.code, open.stderr]).toEqual([
      2,
      expect.stringContaining('everyone who can connect could read and edit'),
    ])
  })

  test('[SRV24] a taken port', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const { code, stderr } = await tutti([
      '--port',
      `${port}`,
      '--log-level',
      'silent',
      '--data',
      await tempDir('port'),
    ])
    expect(code).toBe(3)
    expect(stderr).toContain(`port ${port} on 127.0.0.1 is taken by another program: stop it, or choose another port`)
  })

  test('[SRV24] a folder that cannot be used, and a store that another relay has open', async () => {
    const folder = await tempDir('folder')
    writeFileSync(join(folder, 'file'), '')
    const file = await tutti(['--port', '0', '--data', join(folder, 'file')])
    expect([file.code, file.stderr]).toEqual([4, expect.stringContaining('there is a file in the way')])
    const server = await spawnServer({ dir: join(folder, 'data') })
    const second = await tutti(['--port', '0', '--data', join(folder, 'data')])
    expect([second.code, second.stderr]).toEqual([
      4,
      expect.stringContaining('a relay has it open: stop that one first'),
    ])
    const list = await tutti(['documents', 'list', '--data', join(folder, 'data')])
    expect([list.code, list.stderr]).toEqual([4, expect.stringContaining('in use by another process')])
    await server.kill('SIGTERM')
  })

  test('[SRV24] a disk without room, and one that can only be read', async context => {
    unlessForbidden(context, canMount, 'mounting a small file system')
    const disk = await smallDisk(1)
    const start = () => tutti(['--port', '0', '--data', join(disk.path, 'data')])
    await disk.fill()
    const full = await start()
    expect([full.code, full.stderr]).toEqual([4, expect.stringContaining('the disk is full: make room there')])
    await disk.empty()
    disk.readOnly(true)
    const still = await start()
    expect([still.code, still.stderr]).toEqual([4, expect.stringContaining('mount it so that it can be written')])
  })

  test('[SRV24] a folder of somebody else', async () => {
    const folder = join(await tempDir('theirs'), 'data')
    mkdirSync(folder, { mode: 0o555 })
    // Nothing is forbidden to root, but to one without this capability.
    const prefix = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : []
    const { code, stderr } = await tutti(['--port', '0', '--data', join(folder, 'data')], {}, '', prefix)
    expect([code, stderr]).toEqual([4, expect.stringMatching(/let the user this runs as \(uid \d+\) write there/)])
  })
})

describe('tutti config', () => {
  test('[SRV22] [SRV23] shows what is in effect and who says so, and no secret', async () => {
    const folder = await tempDir('config')
    writeFileSync(join(folder, 'tutti.json'), '{ "idleMs": 5, "origins": ["https://a.example"] }')
    const env = { TUTTI_JWT_SECRET: secret, PORT: '77', TUTTI_CONFIG: join(folder, 'tutti.json') }
    const { code, stdout } = await tutti(['config', '--json', '--sweep-ms', '500'], env)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      port: { value: 77, source: 'PORT' },
      idleMs: { value: 5, source: join(folder, 'tutti.json') },
      sweepMs: { value: 500, source: '--sweep-ms' },
      jwtSecret: { value: `(a secret of ${secret.length} characters)`, source: 'TUTTI_JWT_SECRET' },
      host: { value: '127.0.0.1', source: 'default' },
    })
    const table = await tutti(['config'], env)
    expect(table.stdout).toMatch(/^port +77 +PORT$/m)
    expect(table.stdout).not.toContain('\u001b')
    expect(stdout + table.stdout).not.toContain(secret)
  })
})

describe('tutti token', () => {
  test('[SRV30] a token that is made is taken, and inspecting one says why another is not', async () => {
    const env = { TUTTI_JWT_SECRET: secret, TUTTI_JWT_ISSUER: 'the band' }
    const made = await tutti(['token', 'create', '--subject', 'ana', '--write', 'band/*', '--expires-in', '2h'], env)
    const token = made.stdout.trim()
    expect([made.code, token]).toEqual([0, expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)])
    const taken = await tutti(['token', 'inspect', '--json'], env, token)
    expect(JSON.parse(taken.stdout)).toMatchObject({
      header: { alg: 'HS256' },
      claims: { sub: 'ana', iss: 'the band', tutti: { write: ['band/*'] } },
      checked: true,
      refused: null,
    })
    const why = async (text: string, more: Readonly<Record<string, string>>) => {
      const { code, stdout } = await tutti(['token', 'inspect', text], { ...env, ...more })
      return [code, stdout.trim().split('\n').at(-1)]
    }
    const refused = (reason: string) => [1, `It would be refused: ${reason}`]
    expect(await why(token, { TUTTI_JWT_SECRET: `${secret}!` })).toEqual(
      refused('the key that is configured has not signed it'),
    )
    expect(await why(token, { TUTTI_JWT_ISSUER: 'other' })).toEqual(refused('the claim iss is not as it must be'))
    const unchecked = await tutti(['token', 'inspect', token])
    expect([unchecked.code, unchecked.stdout]).toEqual([0, expect.stringContaining('Who signed it was not checked')])
    const garbage = await tutti(['token', 'inspect', 'garbage'], env)
    expect([garbage.code, garbage.stderr]).toEqual([2, expect.stringContaining('this is no token')])
  })

  test('[SRV30] a private key signs as its kind does, and a relay with the public one lets its bearer in', async () => {
    const folder = await tempDir('keys')
    for (const [name, alg, pair] of [
      ['ed', 'EdDSA', generateKeyPairSync('ed25519')],
      ['ec', 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ] as const) {
      const path = join(folder, name)
      writeFileSync(path, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
      writeFileSync(`${path}.pub`, pair.publicKey.export({ type: 'spki', format: 'pem' }))
      const made = await tutti(['token', 'create', '--subject', 'ana', '--read', '**', '--key', path])
      const seen = await tutti(
        ['token', 'inspect', '--json'],
        { TUTTI_JWT_PUBLIC_KEY_FILE: `${path}.pub` },
        made.stdout,
      )
      expect(JSON.parse(seen.stdout)).toMatchObject({ header: { alg }, checked: true, refused: null })
    }
    const none = await tutti(['token', 'create', '--subject', 'ana'])
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('there is nothing to sign with')])
    const bad = await tutti(['token', 'create', '--subject', 'a', '--expires-in', 'soon'], { TUTTI_JWT_SECRET: secret })
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('say 90s, 15m, 12h or 30d')])
  })
})

describe('tutti documents', () => {
  test('[SRV29] a stopped store is listed, shown and exported, and left as it is', async () => {
    const data = await filled({ 'band/one': 3, 'band/two': 40, other: 1 })
    const before = fingerprint(data)
    const list = await tutti(['documents', 'list', '--data', data, '--prefix', 'band/'])
    expect(
      list.stdout
        .trim()
        .split('\n')
        .map(line => line.trim().split(/ {2,}/).slice(0, 3)),
    ).toEqual([
      ['document', 'entries', 'not compacted'],
      ['band/one', '3', '3'],
      ['band/two', '40', '40'],
      ['2 documents'],
    ])
    const lines = (await tutti(['documents', 'list', '--json', '--data', data])).stdout.trim().split('\n')
    expect(lines.map(line => (JSON.parse(line) as { doc: string }).doc)).toEqual(['band/one', 'band/two', 'other'])
    const show = await tutti(['documents', 'show', 'band/two', '--json', '--data', data])
    expect(JSON.parse(show.stdout)).toMatchObject({
      document: 'band/two',
      entries: 40,
      lastAuthor: 'ana',
      findings: [],
    })
    const update = await tutti(['documents', 'export', 'band/two', '--data', data])
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update.bytes)
    expect(doc.getText('notes').toString()).toBe('x'.repeat(40))
    const json = await tutti(['documents', 'export', 'band/one', '--format', 'json', '--data', data])
    expect(JSON.parse(json.stdout)).toEqual({ notes: 'xxx' })
    expect(fingerprint(data)).toBe(before)
    const missing = await tutti(['documents', 'show', 'none', '--data', data])
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('there is no document "none"')])
  })

  test('[SRV29] nothing is deleted unless somebody says yes', async () => {
    const data = await filled({ one: 3, two: 1 })
    const asked = await tutti(['documents', 'delete', 'one', '--data', data])
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('say --yes if it is meant')])
    const done = await tutti(['documents', 'delete', 'one', '--yes', '--data', data])
    expect([done.code, done.stdout.trim()]).toEqual([0, 'deleted one: 3 entries'])
    const list = await tutti(['documents', 'list', '--json', '--data', data])
    expect(list.stdout).not.toContain('"one"')
    expect(list.stdout).toContain('"two"')
  })
})

describe('tutti doctor', () => {
  const states = (stdout: string) =>
    Object.fromEntries(
      (JSON.parse(stdout) as { name: string; state: string }[]).map(({ name, state }) => [name, state]),
    )
  const usual = ['doctor', '--json', '--port', '0', '--max-connections', '10']

  test('[SRV28] says what is well, and what is not with what to do', async () => {
    const data = await filled({ one: 3 })
    const healthy = await tutti([...usual, '--data', data])
    expect(states(healthy.stdout)).toEqual({
      store: 'well',
      disk: 'well',
      clock: 'well',
      files: 'well',
      port: 'well',
      door: 'well',
      proxy: 'well',
    })
    expect(healthy.code).toBe(0)
    const loose = await tutti([
      ...usual,
      '--data',
      data,
      '--host',
      '0.0.0.0',
      '--allow-anonymous',
      '--trusted-proxies',
      '1',
    ])
    expect(states(loose.stdout)).toMatchObject({ store: 'well', door: 'look', proxy: 'look' })
    expect(loose.code).toBe(1)
    const open = await tutti([...usual, '--data', data, '--host', '0.0.0.0'])
    expect([open.code, states(open.stdout)['door']]).toEqual([2, 'wrong'])
  })

  test('[SRV28] a damaged store is named, and left as it is for whoever mends it', async () => {
    const data = await filled({ one: 3 })
    const file = join(data, 'level', readdirSync(join(data, 'level')).find(name => name.endsWith('.log')) as string)
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0xff
    writeFileSync(file, bytes)
    const before = fingerprint(data)
    const { code, stdout } = await tutti([...usual, '--data', data])
    expect([code, states(stdout)['store']]).toEqual([2, 'wrong'])
    expect(fingerprint(data)).toBe(before)
  })

  test('[SRV28] a relay that runs is asked itself', async () => {
    const data = join(await tempDir('running'), 'data')
    const server = await spawnServer({ dir: data })
    const { stdout } = await tutti(['doctor', '--json', '--data', data, '--port', `${server.port}`])
    expect(states(stdout)).toMatchObject({ store: 'well', port: 'well' })
    await server.kill('SIGTERM')
  })
})

describe('tutti completion', () => {
  test('[SRV31] knows every command and flag, because it is made from them', async () => {
    const bash = (await tutti(['completion', 'bash'])).stdout
    expect(bash).toMatch(/'documents'\) known='list show export delete --help'/)
    expect(bash).toMatch(/'serve'\) known='.*--max-connections /)
    expect((await tutti(['completion', 'zsh'])).stdout).toContain('bashcompinit')
    expect((await tutti(['completion', 'fish'])).stdout).toMatch(/^complete -c tutti .*-l max-connections$/m)
    const complete = await new Promise<string>((resolve, reject) => {
      const shell = spawn('bash', [
        '--norc',
        '-c',
        `${bash}\nCOMP_WORDS=(tutti documents ex); COMP_CWORD=2; _tutti; echo "\${COMPREPLY[@]}"`,
      ])
      let text = ''
      shell.stdout.on('data', (part: Buffer) => {
        text += part.toString()
      })
      shell.on('error', reject)
      shell.on('close', () => resolve(text.trim()))
    })
    expect(complete).toBe('export')
  })
})
