export { seq, systemEnv } from '../../packages/core/src/index.ts'
export { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'
export { buildStore, liveWith } from './store-workload.ts'
export { openUnsyncedLog } from './unsynced-log.ts'
