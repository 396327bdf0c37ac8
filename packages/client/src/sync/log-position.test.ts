import { type DocName, type Epoch, noBytes, seq } from '@tutti/core'
import { manualEnv, seededRandom } from '@tutti/core/testing'
import { expect, it } from 'vitest'
import { MemoryLocalLog } from '../persistence/memory-local-log.ts'
import { DeviceWriter } from './device-writer.ts'
import { LogPosition } from './log-position.ts'

it("[CLI4] what others did is kept also when it comes before the first own edit's ack", async () => {
  const env = manualEnv()
  const log = new MemoryLocalLog({ random: seededRandom(1), survives: true })
  const doc = 'song' as DocName
  const ready = Promise.resolve()
  const writer = new DeviceWriter({ log, doc, env, isLeader: () => true, ready, changed: () => {} })
  const position = new LogPosition(env, writer, () => true)
  position.serverEpoch = 'epoch' as Epoch
  const others = new Uint8Array([0, 1, 7, 1, 0, 1])
  // Ours is entry 1, theirs entry 2: it is pushed before ours is acknowledged.
  position.keep(others, position.at, position.at)
  position.keep(noBytes, seq(2), position.at)
  await writer.close()
  expect(await log.open(doc)).toMatchObject({ position: 2, updates: [others] })
  position.stop()
})
