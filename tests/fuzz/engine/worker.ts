import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { branches, __visits as visits } from 'virtual:counters'
import { targets } from '../targets/index.ts'
import { maze } from '../targets/maze.ts'
import type { Branch } from './count-branches.ts'
import { Coverage } from './coverage.ts'
import { announcedHead, type Job, longestAnnounced, type Outcome } from './job.ts'
import { Search } from './search.ts'
import { mostKeptBytes } from './target.ts'
import { unheard } from './trial.ts'

// A thread of its own, so that whoever watches can end it when an input never comes back, or eats all memory.

const job = workerData as Job
const target = [...targets, maze].find(({ name }) => name === job.target)
if (target === undefined) throw new Error(`no such target: ${job.target}`)

const watched = branches.flatMap(({ file }, i) => (target.watched.some(path => file.startsWith(path)) ? [i] : []))
const coverage = new Coverage(visits, watched)

const head = new Int32Array(job.announced, 0, 2)
const body = new Uint8Array(job.announced, announcedHead)
function announce(input: Uint8Array): void {
  head[1] = Math.min(input.length, longestAnnounced)
  body.set(input.subarray(0, longestAnnounced))
  Atomics.add(head, 0, 1)
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** Of what is really kept: buffers go with the collection after the one that lets go of them, and at the end of a turn. */
async function memoryBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise(resolve => setImmediate(resolve))
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// What nobody waits for fails, too: it is told with the input at which it showed.
process.on('unhandledRejection', error => void unheard.push(error))

const search = new Search(target, coverage, job, announce)
const from = performance.now()
const cpuFrom = process.cpuUsage()
for (const input of job.again) await search.begin(input)
for (const input of [...target.seeds(), ...job.corpus]) await search.begin(input)
const before = await memoryBytes()
for (let i = 0; i < job.inputs && performance.now() - from < job.ms && !search.isOver; i++) {
  await search.step()
  // What weak references point to is held until the turn ends.
  if (i % 512 === 0) await new Promise(resolve => setImmediate(resolve))
}
const cpu = process.cpuUsage(cpuFrom)
const seconds = (cpu.user + cpu.system) / 1e6
const keptBytes = (await memoryBytes()) - before
if (keptBytes > mostKeptBytes) {
  search.found.push({ kind: 'memory', text: `${keptBytes} bytes were kept`, input: new Uint8Array(0) })
}

const missed: Record<string, number[]> = {}
for (const branch of watched) {
  const { file, line } = branches[branch] as Branch
  if (!coverage.isSeen(branch)) (missed[file] ??= []).push(line)
}
const outcome: Outcome = {
  target: target.name,
  seed: job.seed,
  executions: search.executions,
  seconds,
  branches: watched.length,
  branchesReached: coverage.branches,
  missed,
  found: search.found,
  corpus: job.keeps ? search.fewest() : [],
  keptBytes,
}
parentPort?.postMessage(outcome)
