import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemEnv } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type * as Y from 'yjs'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'
import { canMountImages, DiskImage } from '../support/disk-image.ts'
import { tellFigures } from '../support/figures.ts'
import { lacking, NativeClient } from '../support/native-client.ts'
import { unlessForbidden } from '../support/requires.ts'
import { rounds } from '../support/scale.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { openTempDir } from '../support/temp-dir.ts'
import { bundle } from './bundle.ts'
import { Acknowledged, countLost } from './written-log.ts'

const cuts = rounds(8, 50)
/** A writer lives on through so many cuts, of which it knows nothing; then it is killed. */
const cutsPerLife = 4
const formats = [
  { megabytes: 16, blockBytes: 1024, data: 'ordered' },
  { megabytes: 24, blockBytes: 4096, data: 'writeback' },
] as const

let folder = ''
let remove: () => Promise<void> = async () => {}
let program = ''

beforeAll(async () => {
  ;({ path: folder, remove } = await openTempDir('cut'))
  program = await bundle('tests/faults/log-entry.ts', folder)
}, 60_000)

afterAll(() => remove())

/** An image that is gone when the test is over, whatever happens. */
function kept(image: DiskImage): DiskImage {
  onTestFinished(() => image.remove())
  return image
}

interface Cut {
  readonly disk: DiskImage
  readonly acknowledged: Acknowledged
}

/** Lets a writer write, and cuts at random instants. The cuts come with what was acknowledged before each. */
async function writeAndCut(disk: DiskImage, life: number, count: number, how: 'synced' | 'unsynced'): Promise<Cut[]> {
  const told = join(folder, `told-${how}-${life}`)
  const output = openSync(told, 'w')
  const runner = join(import.meta.dirname, 'log-writer.mjs')
  const child = spawn(process.execPath, [runner, program, join(disk.folder, 'store'), `${life}`, how], {
    stdio: ['ignore', output, 'inherit'],
  })
  const gone = new Promise(resolve => child.once('exit', resolve))
  onTestFinished(() => void child.kill('SIGKILL'))
  closeSync(output)
  const random = seededRandom(life + 1)
  const found: Cut[] = []
  try {
    await readyToWrite(child, told)
    for (let i = 0; i < count; i++) {
      await sleep(5 + random.next() * 250)
      let before = ''
      const copy = disk.cut(`cut-${how}-${life}-${i}`, () => {
        before = readFileSync(told, 'utf8')
      })
      if (copy === null) throw new Error('the disk was never quiet')
      const acknowledged = new Acknowledged()
      acknowledged.take(before)
      found.push({ disk: kept(copy), acknowledged })
    }
  } finally {
    child.kill('SIGKILL')
    await gone
  }
  return found
}

async function readyToWrite(child: ChildProcess, told: string): Promise<void> {
  while (!readFileSync(told, 'utf8').includes('doc-')) {
    if (child.exitCode !== null) throw new Error(`the writer ended: ${readFileSync(told, 'utf8')}`)
    await sleep(5)
  }
}

/** Starts the machine again: mounts what the disk held, opens the store, and counts what it lacks. */
async function comeBack({ disk, acknowledged }: Cut): Promise<{ opened: boolean; findings: string[]; lost: number }> {
  disk.mount()
  try {
    const log = await openLevelLog(join(disk.folder, 'store'), systemEnv).catch(() => null)
    if (log === null) return { opened: false, findings: [], lost: acknowledged.count }
    const findings = log.findings.map(({ message }) => message)
    const lost = await countLost(log, acknowledged)
    await log.close()
    return { opened: true, findings, lost }
  } finally {
    disk.unmount()
    disk.remove()
  }
}

describe('a power cut', () => {
  test(`[LOG3] ${cuts} cuts while writing: all that was acknowledged is on the disk, and every store opens`, {
    timeout: 60_000 + cuts * 5_000,
  }, async context => {
    unlessForbidden(context, canMountImages, 'mounting a file system that is in a file')
    const figures = { cuts: 0, acknowledged: 0, opened: 0, lost: 0, findings: 0 }
    const findings = new Set<string>()
    let disk: DiskImage | null = null
    for (let life = 0; figures.cuts < cuts; life++) {
      // A disk goes through three lives, so that stores are of all ages.
      if (life % 3 === 0) {
        disk?.remove()
        disk = kept(
          DiskImage.create(folder, `disk-${life}`, formats[(life / 3) % formats.length] as (typeof formats)[0]),
        )
        disk.mount()
      }
      const count = Math.min(cutsPerLife, cuts - figures.cuts)
      for (const cut of await writeAndCut(disk as DiskImage, life, count, 'synced')) {
        const back = await comeBack(cut)
        figures.cuts++
        figures.acknowledged += cut.acknowledged.count
        figures.opened += Number(back.opened)
        figures.lost += back.lost
        figures.findings += back.findings.length
        for (const finding of back.findings) findings.add(finding)
      }
    }
    tellFigures('power cuts', figures)
    expect(figures).toMatchObject({ opened: cuts, lost: 0 })
    expect([...findings]).toEqual([])
  })

  test('the same without fsync loses what was acknowledged: these tests can see a loss', {
    timeout: 60_000,
  }, async context => {
    unlessForbidden(context, canMountImages, 'mounting a file system that is in a file')
    const disk = kept(DiskImage.create(folder, 'disk-unsynced', formats[0]))
    disk.mount()
    let acknowledged = 0
    let lost = 0
    for (const cut of await writeAndCut(disk, 0, 2, 'unsynced')) {
      acknowledged += cut.acknowledged.count
      lost += (await comeBack(cut)).lost
    }
    tellFigures('power cuts without fsync, which must lose', { cuts: 2, acknowledged, lost })
    expect(lost).toBeGreaterThan(0)
  })

  const serverCuts = rounds(2, 20)

  test(`[SRV7] ${serverCuts} cuts below a whole server: nothing acknowledged is lost, nor anything another client saw`, {
    timeout: 60_000 + serverCuts * 10_000,
  }, async context => {
    unlessForbidden(context, canMountImages, 'mounting a file system that is in a file')
    const disk = kept(DiskImage.create(folder, 'disk-server', formats[0]))
    disk.mount()
    // Compaction runs all the time, so that cuts meet it, too.
    const args = ['--sweep-ms', '100', '--compact-after-entries', '60', '--log-level', 'warn']
    const server = await spawnServer({ dir: join(disk.folder, 'data'), args })
    const clients = Array.from({ length: 4 }, (_, i) => new NativeClient(`client-${i}`))
    await Promise.all(clients.map(client => client.connect(server.wsUrl, 'song')))
    const random = seededRandom(3)
    let acknowledged = 0
    let lost = 0
    for (let i = 0; i < serverCuts; i++) {
      for (let edits = 10 + random.int(60); edits > 0; edits--) {
        for (const client of clients) client.doc.getText('t').insert(0, `${edits} `)
        await sleep(random.int(8))
      }
      const promised = () => clients.flatMap(client => [...client.acknowledged, ...client.seen])
      let before: Uint8Array[] = []
      const copy = disk.cut(`cut-server-${i}`, () => {
        before = promised()
      })
      if (copy === null) throw new Error('the disk was never quiet')
      acknowledged += clients.reduce((sum, client) => sum + client.acknowledged.length, 0)
      const state = await stateAfter(kept(copy))
      lost += lacking(state, before)
    }
    tellFigures('power cuts below a server', { cuts: serverCuts, acknowledged, lost })
    expect(lost).toBe(0)
    await Promise.all(clients.map(client => client.leave()))
    await server.kill()
  })
})

/** What a server makes of the disk as it was. */
async function stateAfter(disk: DiskImage): Promise<Y.Doc> {
  disk.mount()
  const server = await spawnServer({ dir: join(disk.folder, 'data') })
  const witness = new NativeClient('witness')
  await witness.connect(server.wsUrl, 'song')
  await witness.leave()
  await server.kill()
  disk.unmount()
  disk.remove()
  return witness.doc
}
