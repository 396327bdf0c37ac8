import { execFileSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Provider, type WebSocketClass } from '@tutti/client'
import { type DocName, systemEnv } from '@tutti/core'
import { expect, onTestFinished, test } from 'vitest'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'
import { NativeClient } from '../support/native-client.ts'
import { serverBin, spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const song = 'song' as DocName

async function saved(provider: Provider): Promise<void> {
  while (provider.saving.kind !== 'saved') {
    await new Promise<void>(resolve => provider.once('saving-state', () => resolve()))
  }
}

test('[CLI8] a damaged document that was let go is brought back by a client that still has it', {
  timeout: 60_000,
}, async () => {
  const dir = await tempDir('heal')
  const { port, wsUrl, ...first } = await spawnServer({ dir })
  const ann = new Provider(wsUrl, song, new Y.Doc(), {
    WebSocketPolyfill: WebSocket as unknown as WebSocketClass,
    persist: false,
    maxBackoffTime: 200,
  })
  onTestFinished(() => ann.close())
  await saved(ann)
  const text = ann.doc.getText('t')
  for (let i = 0; i < 40; i++) {
    text.insert(text.length, `line ${i}\n`)
    await ann.flush()
  }
  await first.kill('SIGTERM')
  await flipInTheMiddle(dir)

  // What a person does: looks at what still reads, and lets the document go.
  const log = await openLevelLog(dir, systemEnv)
  const { findings, entries } = await log.open(song)
  expect(findings[0]).toMatchObject({ kind: 'damaged-entry', doc: song })
  expect(entries.length).toBeLessThan(40)
  await log.close()
  execFileSync(process.execPath, [serverBin, 'documents', 'delete', song, '--let-go', '--yes', '--data', dir])

  await spawnServer({ dir, port })
  const bob = new NativeClient('bob')
  await bob.connect(wsUrl, song)
  await bob.until(() => bob.doc.getText('t').toString() === text.toString())
  await bob.leave()
  text.insert(0, 'and on it goes\n')
  await ann.flush()
  expect(text.toString()).toMatch(/^and on it goes\nline 0\n[^]*line 39\n$/)
})

/** Changes one byte of the text of an entry, wherever LevelDB keeps it. */
async function flipInTheMiddle(dir: string): Promise<void> {
  for (const file of await readdir(join(dir, 'level'))) {
    const path = join(dir, 'level', file)
    const bytes = await readFile(path)
    const at = bytes.indexOf('line 20')
    if (at < 0 || !/\.(log|ldb)$/.test(file)) continue
    bytes[at] = (bytes[at] as number) ^ 1
    await writeFile(path, bytes)
  }
}
