import { spawn } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type DocName, seq, systemEnv } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'
import { scaled } from '../support/scale.ts'
import { tempDir } from '../support/temp-dir.ts'
import { bundle } from './bundle.ts'

const kills = scaled(6, 100)

describe('a log that is killed', () => {
  test('[LOG3] what was acknowledged survives kill -9, and a kill is never taken for damage', async () => {
    const folder = await tempDir('kill')
    await mkdir(join(folder, 'bundle'))
    const program = await bundle('tests/faults/log-entry.ts', join(folder, 'bundle'))
    await symlink(join(import.meta.dirname, '../../node_modules'), join(folder, 'bundle/node_modules'))
    const store = join(folder, 'store')
    const random = seededRandom(11)
    const heads = new Map<string, number>()
    const removed = new Set<string>()
    let acknowledged = 0
    for (let kill = 0; kill < kills; kill++) {
      const lines = await writeAndKill([program, store, String(kill)], 20 + random.next() * 400)
      for (const line of lines) {
        const [word, rest] = line.split(' ') as [string, string]
        expect(word, line).not.toBe('findings')
        if (word === 'removed') removed.add(rest)
        else if (word !== 'ready') heads.set(word, Number(rest))
      }
      acknowledged += lines.length
      if (kill % 5 !== 4 && kill !== kills - 1) continue
      const log = await openLevelLog(store, systemEnv)
      expect(log.findings).toEqual([])
      for (const [doc, head] of heads) {
        const opened = await log.open(doc as DocName)
        expect(opened.findings).toEqual([])
        expect(opened.head).toBeGreaterThanOrEqual(head)
        const checkpointSeq = opened.checkpoint?.seq ?? 0
        expect(opened.entries.map(entry => entry.seq)).toEqual(
          Array.from({ length: opened.head - checkpointSeq }, (_, i) => checkpointSeq + i + 1),
        )
        expect(await log.history(doc as DocName, seq(1), seq(checkpointSeq))).toHaveLength(checkpointSeq)
        heads.set(doc, opened.head)
      }
      for (const doc of removed) expect((await log.open(doc as DocName)).epoch).toBe(null)
      await log.close()
    }
    process.stdout.write(`${kills} kills, ${acknowledged} acknowledgements, none lost\n`)
  }, 600_000)
})

/** Ends the writer some milliseconds after it was ready. */
function writeAndKill(args: string[], afterMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const runner = join(import.meta.dirname, 'kill-log-writer.mjs')
    const child = spawn(process.execPath, [runner, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', part => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs)
      output += part
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      // The last line may be cut: what was not told in full was not acknowledged.
      if (signal === 'SIGKILL') resolve(output.split('\n').slice(0, -1))
      else reject(new Error(`the writer ended by itself with ${code}: ${output.slice(0, 300)}`))
    })
  })
}
