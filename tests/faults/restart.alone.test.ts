import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { quantile, tellFigures } from '../support/figures.ts'
import { NativeClient } from '../support/native-client.ts'
import { rounds } from '../support/scale.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const times = rounds(3, 20)

test(`[SRV7] a killed server acknowledges within 2 s of its restart, ${times} times`, {
  timeout: 60_000 + times * 4_000,
}, async () => {
  const dir = await tempDir('restart')
  let server = await spawnServer({ dir })
  const { port } = server
  const client = new NativeClient('a')
  const tookMs: number[] = []
  for (let round = 0; round < times; round++) {
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
  const worst = Math.max(...tookMs)
  tellFigures('restarts', { times, 'p50 ms to the first acknowledgement': quantile(tookMs, 0.5), worst })
  expect(worst).toBeLessThan(2_000)
})
