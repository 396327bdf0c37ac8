import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { NativeClient } from '../support/native-client.ts'
import { scaled } from '../support/scale.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const rounds = scaled(3, 20)

test(`[SRV7] a killed server acknowledges within 2 s of its restart, ${rounds} times`, {
  timeout: 120_000,
}, async () => {
  const dir = await tempDir('restart')
  let server = await spawnServer({ dir })
  const { port } = server
  const client = new NativeClient('a')
  const tookMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    await client.connect(server.wsUrl, 'song')
    for (let i = 0; i < 200; i++) {
      client.doc.getText('t').insert(0, `${i} `)
      if (i % 20 === 0) await sleep(1)
    }
    await server.kill()
    await client.gone
    const began = performance.now()
    server = await spawnServer({ dir, port })
    await client.connect(server.wsUrl, 'song')
    client.doc.getText('t').insert(0, '!')
    await client.settled()
    tookMs.push(client.ackedTicks - began)
    await client.leave()
  }
  tookMs.sort((a, b) => a - b)
  console.log(`restart to first acknowledgement: ${tookMs.map(ms => Math.round(ms)).join(', ')} ms`)
  expect(tookMs.at(-1)).toBeLessThan(2_000)
})
