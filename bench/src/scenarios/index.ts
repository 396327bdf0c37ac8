import type { Scenario } from '../scenario.ts'
import { clientSize } from './client-size.ts'
import { coldOpen } from './cold-open.ts'
import { documentState } from './document-state.ts'
import { durableAck } from './durable-ack.ts'
import { durableLog } from './durable-log.ts'
import { fanOut } from './fan-out.ts'
import { fanOutPaced } from './fan-out-paced.ts'
import { idle } from './idle.ts'
import { idleDocuments } from './idle-documents.ts'
import { localCopy } from './local-copy.ts'
import { manyDocuments } from './many-documents.ts'
import { offlineMerge } from './offline-merge.ts'
import { reconnectStorm } from './reconnect-storm.ts'
import { returningClient } from './returning-client.ts'
import { scaleClients } from './scale/scale-clients.ts'
import { scaleDocuments } from './scale/scale-documents.ts'
import { scaleHistory } from './scale/scale-history.ts'
import { scaleLength } from './scale/scale-length.ts'
import { storageGrowth } from './storage-growth.ts'

/** Every scenario, in the order of the result table. */
export const scenarios: readonly Scenario[] = [
  fanOut,
  fanOutPaced,
  manyDocuments,
  durableAck,
  durableLog,
  idle,
  idleDocuments,
  coldOpen,
  returningClient,
  offlineMerge,
  reconnectStorm,
  storageGrowth,
  documentState,
  localCopy,
  clientSize,
  scaleClients,
  scaleDocuments,
  scaleLength,
  scaleHistory,
]
