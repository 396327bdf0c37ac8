import { cpuMs } from '../measure/process-tree.ts'
import { untilQuiet } from '../measure/quiet.ts'
import { Client, type Target } from './client.ts'
import type { Dialect } from './dialect.ts'

/** What visits to a document cost the server, all of them together. */
export interface Visits {
  readonly cpuMs: number
  readonly bytes: number
}

/** Opens a document by state vector some times, one after another, each time leaving when it is answered. */
export async function visit(
  target: Target,
  dialect: Dialect,
  document: string,
  stateVector: Uint8Array,
  times: number,
): Promise<Visits> {
  await untilQuiet(target.pid, 300, 5000)
  const before = cpuMs(target.pid)
  let bytes = 0
  for (let time = 0; time < times; time += 1) {
    const client = new Client(target, dialect, document)
    client.stateVector = stateVector
    client.listenSyncAnswer = (_bytes, start, end) => {
      bytes += end - start
    }
    await client.openAndSync()
    client.close()
  }
  await untilQuiet(target.pid, 300, 5000)
  return { cpuMs: cpuMs(target.pid) - before, bytes }
}
