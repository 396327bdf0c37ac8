export {
  craftAny,
  type CraftedDeletes,
  type CraftedId,
  type CraftedPlace,
  type CraftedSection,
  craftEmbed,
  craftGc,
  craftItem,
  craftSkip,
  craftText,
  craftType,
  craftUpdate,
} from './craft-update.ts'
export { type ManualEnv, manualEnv } from './manual-env.ts'
export { randomEdit } from './random-work.ts'
export { readContent } from './read-content.ts'
export { Replica } from './replica.ts'
export { type SeededRandom, seededRandom } from './seeded-random.ts'
export {
  describeUpdateLog,
  type LogUnderTest,
  type TestRunner,
  type UpdateLogSuiteOptions,
} from './update-log-contract.ts'
export { type MachineOptions, SimulatedMachine } from './simulated-machine.ts'
export { type Accept, type DialRequest, SimulatedNetwork } from './simulated-network.ts'
export { SimulatedTime } from './simulated-time.ts'
export { type Cut, type Packet, Wire, WireEnd, type WireListener } from './simulated-wire.ts'
