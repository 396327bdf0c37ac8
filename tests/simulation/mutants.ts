import { checkpointMutants } from './mutants/checkpoint.ts'
import { clientMutants } from './mutants/client.ts'
import { deviceMutants } from './mutants/device.ts'
import { gateMutants } from './mutants/gate.ts'
import type { Mutant } from './mutants/mutant.ts'
import { roomMutants } from './mutants/room.ts'
import { sessionMutants } from './mutants/session.ts'
import { storeMutants } from './mutants/store.ts'

/** Every bug the simulation has to find. */
export const mutants: readonly Mutant[] = [
  ...storeMutants,
  ...checkpointMutants,
  ...gateMutants,
  ...roomMutants,
  ...sessionMutants,
  ...clientMutants,
  ...deviceMutants,
]
