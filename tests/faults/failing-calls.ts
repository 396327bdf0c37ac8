import { execFileSync, spawn } from 'node:child_process'
import { openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { FaultEnd, WorkloadReport } from './store-workload.ts'

/** Kinds of calls, as `failing-calls.c` numbers them. */
export const kinds = {
  'open to read': 1,
  'open to write': 2,
  write: 4,
  sync: 8,
  rename: 16,
  truncate: 32,
  link: 64,
  unlink: 128,
  mkdir: 256,
} as const

export type Kind = keyof typeof kinds
export type Errno = 'ENOSPC' | 'EIO' | 'EMFILE' | 'EROFS'

/** The k-th call of a kind fails, and all after it if `forever`. */
export interface Trial {
  readonly kind: Kind
  readonly k: number
  readonly errno: Errno
  readonly forever: boolean
  readonly ends: FaultEnd
  /** Which store it lives in. */
  readonly from: 'closed' | 'crashed'
}

export interface TrialResult {
  readonly trial: Trial
  /** `null` when the process ended. */
  readonly report: WorkloadReport | null
  readonly failed: number
  /** How many calls there were, in the order of `kinds`. */
  readonly each: readonly number[]
  /** How the process ended, where it did. */
  readonly death: string
}

const compiler = ['cc', 'gcc', 'clang'].find(name => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

/** Calls are taken from the C library, as Linux lets one. */
export const canFailCalls: boolean = process.platform === 'linux' && compiler !== undefined

/** Compiles what makes calls fail; gives its path. */
export function compileFailingCalls(folder: string): string {
  const library = join(folder, 'failing-calls.so')
  const source = join(import.meta.dirname, 'failing-calls.c')
  execFileSync(compiler as string, ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { stdio: 'pipe' })
  return library
}

/** What is told to a process that has `failing-calls.c` loaded, and what it tells. */
export class CallControl {
  /** For the environment of the process. */
  readonly env: Readonly<Record<string, string>>
  readonly #file: number

  /** `folder` begins the paths whose calls can fail. */
  constructor(path: string, library: string, folder: string) {
    writeFileSync(path, new Uint8Array(64))
    this.#file = openSync(path, 'r+')
    this.env = { LD_PRELOAD: library, FAILING_FOLDER: folder, FAILING_CONTROL: path }
  }

  /** From now on, the k-th call of these kinds fails, and all after it. */
  start(kind: Kind, k: number, errno: Errno): void {
    this.#put(kinds[kind], k, 1, constants.errno[errno], 0, 0, 0)
  }

  /** From now on nothing fails. */
  end(): void {
    this.#put(0)
  }

  /** How many calls have failed since the start. */
  get failed(): number {
    const numbers = new Uint32Array(6)
    readSync(this.#file, numbers, 0, numbers.byteLength, 0)
    return numbers[5] as number
  }

  #put(...numbers: number[]): void {
    const bytes = new Uint8Array(Uint32Array.from(numbers).buffer)
    writeSync(this.#file, bytes, 0, bytes.length, 0)
  }
}

/** Runs trials one after the other, in as few processes as survive them. `folder` holds the stores they live in. Call inside a test. */
export async function runTrials(
  program: string,
  library: string,
  folder: string,
  trials: readonly Trial[],
): Promise<TrialResult[]> {
  const results: TrialResult[] = []
  while (results.length < trials.length) {
    const before = results.length
    const died = await runSome(program, library, folder, trials, results)
    if (results.length < trials.length && died !== '') {
      const trial = trials[results.length] as Trial
      results.push({ trial, report: null, failed: 0, each: [], death: died })
    }
    if (results.length === before) throw new Error('the trials do not get on')
  }
  return results
}

/** Adds results until all are there or the process ends; says how it ended, "" where it ended well. */
function runSome(
  program: string,
  library: string,
  folder: string,
  trials: readonly Trial[],
  results: TrialResult[],
): Promise<string> {
  const control = join(folder, `control-${results.length}`)
  writeFileSync(control, new Uint8Array(64))
  const left = trials.slice(results.length).map((trial, i) => ({
    ...trial,
    number: results.length + i,
    kinds: kinds[trial.kind],
    error: constants.errno[trial.errno],
  }))
  const runner = join(import.meta.dirname, 'failing-calls-runner.mjs')
  const child = spawn(process.execPath, [runner, program, folder, control, JSON.stringify(left)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LD_PRELOAD: library, FAILING_FOLDER: join(folder, 'trial-'), FAILING_CONTROL: control },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    let errors = ''
    let rest = ''
    let late = setTimeout(() => {}, 0)
    const patience = () => {
      clearTimeout(late)
      late = setTimeout(() => child.kill('SIGKILL'), 60_000)
    }
    patience()
    child.stderr.on('data', part => {
      errors += part
    })
    child.stdout.on('data', part => {
      patience()
      const lines = `${rest}${part}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const said = JSON.parse(line) as { number: number; report?: WorkloadReport; failed: number; each: number[] }
        if (said.report === undefined) continue
        const trial = trials[said.number] as Trial
        results.push({ trial, report: said.report, failed: said.failed, each: said.each, death: '' })
      }
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(late)
      resolve(code === 0 ? '' : `${signal ?? code}: ${errors.slice(-800)}`)
    })
  })
}
