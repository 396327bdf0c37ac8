import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import type { DialectId } from '../load/dialect.ts'
import { pause } from '../measure/pause.ts'
import type { RunningServer } from '../scenario.ts'

/** How to start one server process. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly dialect: DialectId
  /** Where its output goes, for when it fails. */
  readonly logFile: string
  /** The port when it is known before; otherwise it is read from the first line of output that names one. */
  readonly port: number | undefined
}

const readyWithinMs = 20_000

/** Starts a server and waits until it answers. Rejects with its last output when it does not. */
export async function launch(how: Launch): Promise<RunningServer> {
  const inspectPort = await freePort()
  const child = spawn(how.command, how.args, {
    cwd: how.cwd,
    env: { ...process.env, ...how.env, NODE_OPTIONS: `--inspect-port=127.0.0.1:${inspectPort}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = createWriteStream(how.logFile, { flags: 'a' })
  let said = ''
  const listen = (chunk: Buffer): void => {
    log.write(chunk)
    if (said.length < 4096) said += chunk.toString()
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))

  const deadline = performance.now() + readyWithinMs
  for (;;) {
    const port = how.port ?? portIn(said)
    if (port !== undefined && (await answers(port))) {
      const pid = child.pid ?? 0
      return {
        target: { host: '127.0.0.1', port, pid, inspectPort },
        dialect: how.dialect,
        stop: (signal = 'SIGTERM') => stop(child, ended, signal),
      }
    }
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`server did not start: ${how.command} ${how.args.join(' ')}\n${said}`)
    }
    await pause(25)
  }
}

async function stop(child: ChildProcess, ended: Promise<void>, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  child.kill(signal)
  const patience = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(patience)
}

function portIn(text: string): number | undefined {
  const found = /127\.0\.0\.1:(\d+)/.exec(text)
  return found === null ? undefined : Number(found[1])
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const request = get({ host: '127.0.0.1', port, path: '/', agent: false }, response => {
      response.resume()
      resolve(true)
    })
    request.on('error', () => resolve(false))
  })
}

/** A port that was free a moment ago, for servers that cannot choose one themselves. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
