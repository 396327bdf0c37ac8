import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { systemEnv } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { expect, test } from 'vitest'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'
import { tellFigures } from '../support/figures.ts'
import { rounds } from '../support/scale.ts'
import { tempDir } from '../support/temp-dir.ts'
import { bundle } from './bundle.ts'
import { Acknowledged, countLost } from './written-log.ts'

const kills = rounds(6, 100)

test(`[LOG3] what was acknowledged survives kill -9, ${kills} times, and a kill is never taken for damage`, {
  timeout: 60_000 + kills * 5_000,
}, async () => {
  const folder = await tempDir('kill')
  const program = await bundle('tests/faults/log-entry.ts', folder)
  const store = join(folder, 'store')
  const random = seededRandom(11)
  const acknowledged = new Acknowledged()
  let lost = 0
  for (let kill = 0; kill < kills; kill++) {
    acknowledged.take(await writeAndKill([program, store, String(kill)], 20 + random.next() * 400))
    if (kill % 5 !== 4 && kill !== kills - 1) continue
    const log = await openLevelLog(store, systemEnv)
    expect(log.findings).toEqual([])
    lost += await countLost(log, acknowledged)
    await log.close()
  }
  tellFigures('kill -9 of the log', { kills, acknowledged: acknowledged.count, lost })
  expect(lost).toBe(0)
})

/** Ends the writer some milliseconds after it was ready. */
function writeAndKill(args: string[], afterMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const runner = join(import.meta.dirname, 'log-writer.mjs')
    const child = spawn(process.execPath, [runner, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', part => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs)
      output += part
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(output)
      else reject(new Error(`the writer ended by itself with ${code}: ${output.slice(0, 300)}`))
    })
  })
}
