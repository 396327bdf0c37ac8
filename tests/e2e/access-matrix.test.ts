import { decodeAwareness, decodeServerMessage, encodeAwareness, encodeClientMessage, subprotocol } from '@tutti/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { openRevocationFile } from '../../packages/server/src/access/revocation-file.ts'
import { Revocations } from '../../packages/server/src/access/revocations.ts'
import {
  type Deed,
  deeds,
  type Doc,
  docs,
  isAllowed,
  people,
  type Person,
  reaches,
  requests,
  serverAdmins,
  serverRequests,
  type TokenState,
  tokenStates,
} from '../support/access-table.ts'
import { type Outcome, renewedName, type Visit, visitNative, visitStock } from '../support/access-visit.ts'
import { isFullScale } from '../support/scale.ts'
import { signToken } from '../support/sign-token.ts'
import { type ServerProcess, startServerProcess } from '../support/spawn-server.ts'
import { openTempDir } from '../support/temp-dir.ts'

const secret = 'the secret of the matrix, 32 bytes and more'
const now = Math.floor(Date.now() / 1_000)
const entries = ['native', 'native by auth', 'stock'] as const
type Entry = (typeof entries)[number]

let server: ServerProcess
let remove = async (): Promise<void> => {}

beforeAll(async () => {
  const dir = await openTempDir('matrix')
  remove = dir.remove
  const revocations = new Revocations(await openRevocationFile(dir.path))
  await revocations.revoke({ kind: 'token', name: 'withdrawn', before: (now + 3_600) * 1_000 })
  server = await startServerProcess({
    dir: dir.path,
    args: ['--log-level', 'debug'],
    env: { TUTTI_JWT_SECRET: secret, TUTTI_JWT_ISSUER: 'us', TUTTI_JWT_AUDIENCE: 'tutti' },
  })
})
afterAll(async () => {
  await server.kill('SIGTERM')
  await remove()
})

function tokenOf(state: TokenState, { name, claim }: Person): string {
  const good = { sub: name, name: renewedName, exp: now + 3_600, iss: 'us', aud: 'tutti', tutti: claim }
  switch (state) {
    case 'none':
      return ''
    case 'garbage':
      return `garbage.${'Z'.repeat(20)}.${'Y'.repeat(20)}`
    case 'expired':
      return signToken({ ...good, exp: now - 60 }, secret)
    case 'not yet valid':
      return signToken({ ...good, nbf: now + 3_600 }, secret)
    case 'another audience':
      return signToken({ ...good, aud: 'others' }, secret)
    case 'another issuer':
      return signToken({ ...good, iss: 'them' }, secret)
    case 'another key':
      return signToken(good, `${secret}!`)
    case 'unsigned':
      return signToken(good, null)
    case 'revoked':
      return signToken({ ...good, jti: 'withdrawn' }, secret)
    case 'good':
      return signToken(good, secret)
  }
}

function allMighty(name: string): string {
  return signToken({ sub: name, exp: now + 3_600, iss: 'us', aud: 'tutti', tutti: { admin: ['**'] } }, secret)
}

/** Somebody in a document who may do everything: it holds what others look for, and sees what they do. */
class Witness {
  readonly doc = new Y.Doc()
  readonly states = new Map<number, string[]>()
  channel = -1
  #socket: WebSocket | null = null
  #wake: (() => void)[] = []

  async enter(name: Doc, client: number): Promise<void> {
    const token = allMighty('witness')
    const socket = new WebSocket(server.url.replace('http', 'ws'), [subprotocol])
    this.#socket = socket
    const say = (message: Parameters<typeof encodeClientMessage>[0]) => socket.send(encodeClientMessage(message))
    socket.on('open', () => {
      say({ type: 'hello', version: 1, device: 'w', session: `w${client}`, agent: 'test', token })
      say({ type: 'open', request: 1, doc: name, epoch: '', position: 0, stateVector: Uint8Array.of(0), client })
    })
    let isAcknowledged = false
    socket.on('message', data => {
      const decoded = decodeServerMessage(data as Buffer)
      if (!decoded.ok) throw new Error(decoded.error.message)
      const message = decoded.value
      if (message.type === 'opened') {
        this.channel = message.channel
        const { channel } = this
        say({ type: 'awareness', channel, bytes: encodeAwareness([{ client, clock: 1, state: '{}' }]) })
        const made = new Y.Doc()
        made.clientID = client
        made.getArray('words').push([secretOf(name)])
        const bytes = Y.encodeStateAsUpdate(made)
        say({ type: 'update', channel, counter: 1, base: 0, resync: true, bytes })
        Y.applyUpdate(this.doc, bytes)
      }
      if (message.type === 'ack') isAcknowledged = true
      if (message.type === 'piece' || message.type === 'push') Y.applyUpdate(this.doc, message.bytes)
      if (message.type === 'awareness') this.#look(message.bytes)
      for (const wake of this.#wake.splice(0)) wake()
    })
    await this.until(() => isAcknowledged)
  }

  #look(bytes: Uint8Array): void {
    const read = decodeAwareness(bytes)
    if (!read.ok) throw new Error(read.error.message)
    for (const { client, state } of read.value) this.states.set(client, [...(this.states.get(client) ?? []), state])
  }

  words(): string[] {
    return this.doc.getArray<string>('words').toArray()
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>(resolve => this.#wake.push(resolve))
  }

  leave(): void {
    this.#socket?.close()
  }
}

function secretOf(doc: string): string {
  return `the secret of ${doc}`
}

/** What a request brings. */
interface Body {
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

const anyUpdate: Body = {
  body: new Uint8Array([0, 0]),
  headers: { 'content-type': 'application/octet-stream' },
}

function addWord(value: string): Body {
  return {
    body: JSON.stringify([{ op: 'add', path: '/words/-', value }]),
    headers: { 'content-type': 'application/json-patch+json' },
  }
}

interface Cell {
  readonly entry: Entry
  readonly state: TokenState
  readonly person: Person
  readonly doc: Doc
  readonly token: string
  readonly visit: Visit
}

/** A good token is tried by everybody; what lets nobody in by some, or by everybody in the full suite. */
function allCells(channels: ReadonlyMap<Doc, number>): Cell[] {
  const cells: Cell[] = []
  let client = 1_000
  for (const state of tokenStates) {
    for (const person of people) {
      if (!isFullScale && state !== 'good' && !['nobody', 'all-write'].includes(person.name)) continue
      const token = tokenOf(state, person)
      const before = allMighty(person.name)
      for (const doc of docs) {
        for (const entry of entries) {
          client++
          const { url } = server
          const channel = channels.get(doc) ?? 0
          const visit: Visit = {
            url,
            doc,
            token,
            before: entry === 'native by auth' ? before : null,
            channel,
            client,
            word: `w${client}`,
            secret: secretOf(doc),
          }
          cells.push({ entry, state, person, doc, token, visit })
        }
      }
    }
  }
  return cells
}

const title = ({ entry, state, person, doc }: Cell) => `${entry}, ${state} token, ${person.name}, ${doc}`
const told: readonly Deed[] = ['open', 'read', 'reconcile', 'see']

describe('the matrix of access', () => {
  test('[ACC3] [ACC4] everybody does with every token, by every door, exactly what is written in the table', async () => {
    const witnesses = new Map<Doc, Witness>()
    for (const [i, doc] of docs.entries()) {
      const witness = new Witness()
      await witness.enter(doc, i + 1)
      witnesses.set(doc, witness)
    }
    const cells = allCells(new Map([...witnesses].map(([doc, { channel }]) => [doc, channel])))
    const outcomes: Outcome[] = []
    // Who is refused lingers for two seconds: many at once.
    const together = 150
    for (let at = 0; at < cells.length; at += together) {
      const some = cells.slice(at, at + together)
      const done = await Promise.all(
        some.map(({ entry, visit }) => (entry === 'stock' ? visitStock(visit) : visitNative(visit))),
      )
      outcomes.push(...done)
    }
    let count = 0
    for (const [i, cell] of cells.entries()) {
      const { seen, code, heard } = outcomes[i] as Outcome
      const expected = told.filter(deed => isAllowed(cell.state, cell.person, cell.doc, deed))
      expect([title(cell), told.filter(deed => seen.has(deed))]).toEqual([title(cell), expected])
      const isIn = cell.state === 'good'
      const refusal = cell.entry === 'stock' && isIn && expected.length === 0 ? 4403 : 0
      expect([title(cell), code]).toEqual([title(cell), isIn ? refusal : 4401])
      for (const part of cell.token.split('.')) if (part.length > 9) expect(heard).not.toContain(part)
      count += Object.keys(deeds).length
    }
    for (const doc of docs) {
      const witness = witnesses.get(doc) as Witness
      const here = cells.filter(cell => cell.doc === doc)
      const those = (deed: Deed) => here.filter(({ state, person }) => isAllowed(state, person, doc, deed))
      const words = [secretOf(doc), ...those('write').map(({ visit }) => visit.word)].toSorted()
      const speakers = those('say').map(({ visit }) => visit.client)
      await witness.until(() => witness.words().length >= words.length)
      await witness.until(() => speakers.every(client => witness.states.has(client)))
      // Somebody who comes after all of them: what was let through before is here by now.
      const last = new Witness()
      await last.enter(doc, 900)
      await witness.until(() => witness.states.has(900) && witness.words().length > words.length)
      expect(
        last
          .words()
          .filter((word, i, all) => all.indexOf(word) === i)
          .toSorted(),
      ).toEqual(words)
      const spoke = [...witness.states.keys()].filter(client => client > 1_000 && client < 2 ** 30)
      expect(new Set(spoke)).toEqual(new Set(speakers))
      for (const { person, visit } of those('say')) {
        for (const state of witness.states.get(visit.client) ?? []) {
          const said = JSON.parse(state) as { user: { id: string } } | null
          if (said !== null) expect(said.user.id).toBe(person.name)
        }
      }
      last.leave()
      witness.leave()
    }
    expect(count).toBeGreaterThan(3_000)
  }, 300_000)

  test('[ACC3] [ACC4] over HTTP, too: 401 without a good token, 403 beyond what is written, and nothing comes of it', async () => {
    let count = 0
    const patched: string[] = []
    for (const state of tokenStates) {
      for (const person of people) {
        if (!isFullScale && state !== 'good' && !['nobody', 'all-admin'].includes(person.name)) continue
        const token = tokenOf(state, person)
        const ask = async (method: string, path: string, init: Body = {}) => {
          const headers = { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...init.headers }
          return await fetch(`${server.url}${path}`, { ...init, method, headers })
        }
        const check = async (asked: string, answer: Response, isAllowed: boolean) => {
          const outcome = answer.status === 401 || answer.status === 403 ? answer.status : 'allowed'
          const expected = state !== 'good' ? 401 : isAllowed ? 'allowed' : 403
          expect([state, person.name, asked, outcome]).toEqual([state, person.name, asked, expected])
          const text = await answer.text()
          for (const part of token.split('.').slice(1)) if (part.length > 9) expect(text).not.toContain(part)
          count++
        }
        for (const doc of docs) {
          for (const [method, path, needs] of requests) {
            const isAllowed = reaches(person.may[doc], needs)
            // What was removed for good could not be asked for by the next.
            if (isAllowed && state === 'good' && path === '/purge') continue
            const word = `h${count}`
            if (method === 'PATCH' && isAllowed && state === 'good') patched.push(`${doc} ${word}`)
            const init: Body = method === 'PATCH' ? addWord(word) : method === 'PUT' ? anyUpdate : {}
            const answer = await ask(method, `/v1/documents/${encodeURIComponent(doc)}${path}`, init)
            await check(`${method} ${doc}${path}`, answer, isAllowed)
          }
        }
        for (const [method, path] of serverRequests) {
          const isAllowed = serverAdmins.includes(person.name)
          if (isAllowed && state === 'good' && path === '/v1/drain') continue
          const body = JSON.stringify({ kind: 'token', name: 'whatever', before: 1 })
          const init: Body = method === 'POST' ? { body, headers: { 'content-type': 'application/json' } } : {}
          await check(`${method} ${path}`, await ask(method, path, init), isAllowed)
        }
        if (state !== 'good') continue
        const list = (await (await ask('GET', '/v1/documents')).json()) as { documents: { name: string }[] }
        const readable = docs.filter(doc => reaches(person.may[doc], 'read'))
        expect(list.documents.map(({ name }) => name).toSorted()).toEqual(readable.toSorted())
      }
    }
    const authorization = `Bearer ${allMighty('witness')}`
    const found: string[] = []
    for (const doc of docs) {
      const url = `${server.url}/v1/documents/${encodeURIComponent(doc)}/content`
      const content = (await (await fetch(url, { headers: { authorization } })).json()) as { words: string[] }
      for (const word of content.words) if (/^h\d+$/.test(word)) found.push(`${doc} ${word}`)
    }
    expect(found.toSorted()).toEqual(patched.toSorted())
    expect(count).toBeGreaterThan(1_500)
  }, 300_000)

  test('[ACC7] no token that was shown, in whatever way, is in the log', async () => {
    const tokens = tokenStates.map(state => tokenOf(state, people[1] as Person))
    for (const token of tokens.filter(text => text !== '')) {
      await fetch(`${server.url}/readyz?token=${token}`, { headers: { authorization: `Bearer ${token}` } })
      await fetch(`${server.url}/v1/documents?token=${token}`, { headers: { authorization: `Bearer ${token}` } })
    }
    const all: string[] = [...tokens]
    for (const state of tokenStates) for (const person of people) all.push(tokenOf(state, person))
    const text = server.stderr()
    expect(text).toContain('token refused')
    for (const token of all) {
      // A part of two signed tokens is the same: what tells them apart, and what they say.
      for (const part of token.split('.').slice(1)) if (part.length > 9) expect(text.includes(part)).toBe(false)
    }
    expect(text.includes(secret)).toBe(false)
  })
})
