export { SimulatedLog, type StorageCondition } from './simulated-log.ts'
export { type Dial, socketsThat } from './simulated-socket.ts'
export { beBrowser, SimulatedTabs } from './simulated-tabs.ts'
