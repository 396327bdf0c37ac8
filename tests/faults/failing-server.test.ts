import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { seededRandom } from '@tutti/core/testing'
import { expect } from 'vitest'
import { tellFigures } from '../support/figures.ts'
import { lacking, NativeClient } from '../support/native-client.ts'
import { needs } from '../support/requires.ts'
import { rounds } from '../support/scale.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { inMemory, tempDir } from '../support/temp-dir.ts'
import { CallControl, canFailCalls, compileFailingCalls, type Errno, type Kind } from './failing-calls.ts'

const times = rounds(4, 30)
const kinds: readonly Kind[] = ['write', 'sync', 'open to write', 'write', 'sync', 'rename']
const errnos: readonly Errno[] = ['ENOSPC', 'EIO', 'EMFILE', 'EROFS']
const args = ['--sweep-ms', '100', '--compact-after-entries', '40', '--log-level', 'warn']

const { it } = needs(canFailCalls, 'Linux with a C compiler (cc, gcc or clang)')

it(`[ROOM8] ${times} times calls of a server on its files fail while people write: nothing acknowledged is lost, and it is well within 5 s`, {
  timeout: 60_000 + times * 15_000,
}, async () => {
  const folder = await tempDir('failing', inMemory)
  const library = compileFailingCalls(folder)
  const random = seededRandom(4)
  const dir = join(folder, 'data')
  const control = new CallControl(join(folder, 'control'), library, dir)
  let server = await spawnServer({ dir, args, env: control.env })
  const { port } = server
  const clients = Array.from({ length: 3 }, (_, i) => new NativeClient(`client-${i}`))
  const figures = { times, hit: 0, acknowledged: 0, lost: 0, died: 0 }
  let wellAfterMs = 0
  for (let time = 0; time < times; time++) {
    await Promise.all(clients.map(client => client.connect(server.wsUrl, 'song')))
    const kind = kinds[time % kinds.length] as Kind
    control.start(kind, 1 + random.int(20), errnos[random.int(errnos.length)] as Errno)
    for (let i = 0; i < 60; i++) {
      for (const client of clients) client.doc.getText('t').insert(0, `${i} `)
      await sleep(random.int(8))
    }
    if (control.failed > 0) figures.hit++
    control.end()
    const began = performance.now()
    const isDead = await Promise.race([
      server.exited.then(() => true),
      Promise.all(clients.map(client => client.settled())).then(() => false),
    ])
    if (isDead) figures.died++
    else wellAfterMs = Math.max(wellAfterMs, performance.now() - began)
    // What was promised is there for a server that knows nothing of all this.
    const promised = clients.flatMap(client => [...client.acknowledged, ...client.seen])
    figures.acknowledged += clients.reduce((sum, client) => sum + client.acknowledged.length, 0)
    await server.kill()
    await Promise.all(clients.map(client => client.gone))
    server = await spawnServer({ dir, port, args, env: control.env })
    const witness = new NativeClient('witness')
    await witness.connect(server.wsUrl, 'song')
    await witness.leave()
    figures.lost += lacking(witness.doc, promised)
    expect(server.stderr(), 'a healthy store').not.toContain('"level":50')
    for (const client of clients) client.acknowledged.length = client.seen.length = 0
  }
  tellFigures('failing calls of a server', { ...figures, 'ms until well again, worst': wellAfterMs })
  expect(figures).toMatchObject({ lost: 0, died: 0 })
  expect(wellAfterMs).toBeLessThan(5_000)
})
