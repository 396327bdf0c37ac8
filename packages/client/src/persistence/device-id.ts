import { type DeviceId, parseDeviceId, type Random, randomWord } from '@tutti/core'
import type { LocalLog } from './local-log.ts'

/** The id of this device: made once, then the same for every tab and run. A fresh one each run where nothing survives. */
export async function readDeviceId(log: LocalLog, random: Random): Promise<DeviceId> {
  const known = parseDeviceId(await log.readOrCreateSetting('device', () => randomWord(random, 20)))
  if (known.ok) return known.value
  const fresh = randomWord(random, 20) as DeviceId
  await log.writeSetting('device', fresh)
  return fresh
}
