import type { FuzzTarget } from '../engine/target.ts'
import { addresses } from './addresses.ts'
import { documentState } from './document.ts'
import { gate } from './gate.ts'
import { httpBodies } from './http-bodies.ts'
import { journal } from './journal.ts'
import { json } from './json.ts'
import { awareness, clientMessage, serverMessage, stateVector, stockMessage } from './messages.ts'
import { scan } from './scan.ts'
import { sessions } from './sessions.ts'
import { storedRecords } from './stored-records.ts'

/** Everything that reads bytes or text from outside. */
export const targets: readonly FuzzTarget[] = [
  gate,
  scan,
  documentState,
  json,
  clientMessage,
  serverMessage,
  stockMessage,
  awareness,
  stateVector,
  storedRecords,
  journal,
  addresses,
  sessions,
  httpBodies,
]
