import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The command, as it was built. */
export const serverBin: string = fileURLToPath(new URL('../../packages/server/bin/tutti.js', import.meta.url))
const built = fileURLToPath(new URL('../../packages/server/dist/cli/main.js', import.meta.url))

export interface SpawnOptions {
  /** The data folder. */
  readonly dir: string
  /** Default 0: any free port. A restart that clients must find again names the one it had. */
  readonly port?: number
  /** More arguments for `tutti serve`. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Options for Node itself, e.g. `--max-old-space-size=256`. */
  readonly nodeArgs?: readonly string[]
  /** How long it may take to listen. Default 15 s. */
  readonly readyWithinMs?: number
}

export interface ExitStatus {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServerProcess {
  readonly url: string
  readonly wsUrl: string
  readonly port: number
  readonly pid: number
  /** Resolves when the process is gone, whatever ended it. */
  readonly exited: Promise<ExitStatus>
  /** Every line it wrote to stdout so far; a healthy server writes exactly one. */
  readonly stdout: readonly string[]
  stderr(): string
  /** Sends the signal (default SIGKILL: the power went) and resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<ExitStatus>
}

/** A real server in its own process, killed when the test is over. Call inside a test. */
export async function spawnServer(options: SpawnOptions): Promise<ServerProcess> {
  let started: ChildProcess | undefined
  onTestFinished(async () => {
    if (started !== undefined) await end(started)
  })
  return await start(options, child => {
    started = child
  })
}

/** The same for hooks and scripts: whoever starts it kills it. */
export async function startServerProcess(options: SpawnOptions): Promise<ServerProcess> {
  return await start(options, () => {})
}

async function start(options: SpawnOptions, own: (child: ChildProcess) => void): Promise<ServerProcess> {
  if (!existsSync(built)) throw new Error('the server is not built: npm run build')
  const { dir, port = 0, args = [], env = {}, nodeArgs = [], readyWithinMs = 15_000 } = options
  const child = spawn(
    process.execPath,
    [...nodeArgs, serverBin, 'serve', '--host', '127.0.0.1', '--port', `${port}`, '--data', dir, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_ENV: 'production', ...env } },
  )
  own(child)

  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const exited = new Promise<ExitStatus>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const stdout: string[] = []
  const lines = createInterface({ input: child.stdout })
  const listening = new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not listening after ${readyWithinMs} ms`)), readyWithinMs)
    lines.on('line', line => {
      stdout.push(line)
      const found = /^tutti listening on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)
      if (found === null) return
      clearTimeout(late)
      resolve(Number(found[1]))
    })
    exited.then(({ code, signal }) => {
      clearTimeout(late)
      reject(new Error(`ended before it listened (code ${code}, signal ${signal})`))
    }, reject)
  })

  let actual: number
  try {
    actual = await listening
  } catch (error) {
    await end(child)
    throw new Error(`tutti serve: ${(error as Error).message}\n${errors}`)
  }
  return {
    url: `http://127.0.0.1:${actual}`,
    wsUrl: `ws://127.0.0.1:${actual}`,
    port: actual,
    pid: child.pid as number,
    exited,
    stdout,
    stderr: () => errors,
    async kill(signal = 'SIGKILL') {
      child.kill(signal)
      return await exited
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}
