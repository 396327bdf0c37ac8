import { systemEnv } from '@tutti/core'
import { describeUpdateLog } from '@tutti/core/testing'
import { describe, test } from 'vitest'
import { openTempDir } from '../../../../tests/support/temp-dir.ts'
import { openLevelLog } from './open-level-log.ts'

describeUpdateLog(
  'LevelLog',
  async () => {
    const { path, remove } = await openTempDir('level')
    let log = await openLevelLog(path, systemEnv)
    return {
      log,
      async reopen() {
        await log.close()
        log = await openLevelLog(path, systemEnv)
        return log
      },
      async close() {
        await log.close()
        await remove()
      },
    }
  },
  { runner: { describe, test } },
)
