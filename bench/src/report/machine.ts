import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem, type as osType } from 'node:os'
import { join } from 'node:path'
import { traceName } from '../load/trace.ts'
import { peersDir } from '../places.ts'
import { peerVersion } from '../servers/install-peers.ts'

/** What a figure was measured on and with. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly os: string
  /** What the stores of all servers lie on. */
  readonly filesystem?: string
  /** Ours, y-websocket's server and the load generator. */
  readonly node: string
  /** Hocuspocus, which demands 22. */
  readonly peerNode: string
  /** Where the large document comes from. */
  readonly trace: string
  readonly versions: Readonly<Record<string, string>>
}

const peerPackages = [
  'y-websocket',
  'y-leveldb',
  'level',
  'classic-level',
  '@hocuspocus/server',
  '@hocuspocus/extension-sqlite',
  'better-sqlite3',
  'crossws',
  'ws',
  'yjs',
  'lib0',
]

/** Looks at this machine and at what is installed. */
export function describeMachine(): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${osType()} ${release()}`,
    filesystem: filesystem(),
    node: process.version,
    peerNode: nodeVersion(join(peersDir, 'node_modules/node22/bin/node')),
    trace: traceName(),
    versions: Object.fromEntries(peerPackages.map(name => [name, peerVersion(name)])),
  }
}

/** The filesystem that holds temporary folders: of all mounts above them, the nearest. */
function filesystem(): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map(line => line.split(' '))
    const above = mounts.filter(([, at = '']) => at === '/' || tmpdir() === at || tmpdir().startsWith(`${at}/`))
    return above.toSorted((a, b) => (a[1] ?? '').length - (b[1] ?? '').length).at(-1)?.[2] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

function nodeVersion(path: string): string {
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()
  } catch {
    return 'not installed'
  }
}
