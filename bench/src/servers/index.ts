import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { peersDir, repoDir } from '../places.ts'
import type { RunningServer, ServerId, ServerSetting } from '../scenario.ts'
import { chromiumPath } from './chromium.ts'
import { freePort, launch } from './launch.ts'

/** A kind of server that the bench can start. */
export interface ServerKind {
  readonly id: ServerId
  readonly label: string
  readonly persistent: boolean
  /** Which Node runs it. */
  readonly node: string
  /** Why it cannot be measured here, or undefined. */
  missing(): string | undefined
  start(dataDir: string, logFile: string, setting: ServerSetting): Promise<RunningServer>
}

/** Ours and Y-WebSocket's run on the Node that runs the bench; Hocuspocus 4 demands Node 22 and gets one. */
const peerNode22 = join(peersDir, 'node_modules/node22/bin/node')
const tuttiBin = join(repoDir, 'packages/server/bin/tutti.js')
const tuttiBuilt = join(repoDir, 'packages/server/dist/cli/main.js')

function tutti(id: 'tutti' | 'tutti-native', label: string): ServerKind {
  return {
    id,
    label,
    persistent: true,
    node: process.execPath,
    missing: () => (existsSync(tuttiBuilt) ? undefined : 'our server is not built yet'),
    start: (dataDir, logFile, setting) =>
      launch({
        command: process.execPath,
        args: [tuttiBin, 'serve', '--log-level', 'warn', '--port', '0', '--data', dataDir, ...tuttiFlags[setting]],
        env: {},
        cwd: repoDir,
        dialect: id === 'tutti-native' ? 'native' : 'y-websocket',
        logFile,
        port: undefined,
      }),
  }
}

/** Flags of ours for a named variation. */
const tuttiFlags: Readonly<Record<ServerSetting, readonly string[]>> = {
  default: [],
  'never-compact': ['--compact-after-entries', '1000000000'],
  'compact-at-once': ['--sweep-ms', '100', '--compact-after-entries', '2', '--idle-ms', '0'],
}

function yWebsocket(id: 'yws' | 'yws-leveldb', label: string): ServerKind {
  const persistent = id === 'yws-leveldb'
  return {
    id,
    label,
    persistent,
    node: process.execPath,
    missing: () => (existsSync(peersDir) ? undefined : 'peers are not installed'),
    async start(dataDir, logFile) {
      const port = await freePort()
      const env: Record<string, string> = { HOST: '127.0.0.1', PORT: String(port) }
      if (persistent) env['YPERSISTENCE'] = dataDir
      return launch({
        command: process.execPath,
        args: ['node_modules/y-websocket/bin/server.cjs'],
        env,
        cwd: peersDir,
        dialect: 'y-websocket',
        logFile,
        port,
      })
    },
  }
}

function hocuspocus(id: 'hocus' | 'hocus-sqlite', label: string): ServerKind {
  const persistent = id === 'hocus-sqlite'
  return {
    id,
    label,
    persistent,
    node: peerNode22,
    missing: () => (existsSync(peerNode22) ? undefined : 'peers are not installed'),
    start(dataDir, logFile) {
      mkdirSync(dataDir, { recursive: true })
      return launch({
        command: peerNode22,
        args: ['hocuspocus-server.mjs', ...(persistent ? [join(dataDir, 'documents.sqlite')] : [])],
        env: {},
        cwd: peersDir,
        dialect: 'hocuspocus',
        logFile,
        port: undefined,
      })
    },
  }
}

/** Not a server: the peer of our local copy. It stands in the same list so that it gets a column. */
const yIndexeddb: ServerKind = {
  id: 'y-indexeddb',
  label: 'y-indexeddb',
  persistent: true,
  node: process.execPath,
  missing: () => (chromiumPath() === undefined ? 'no Chromium on this machine' : undefined),
  start: () => Promise.reject(new Error('y-indexeddb is not a server')),
}

/** Nor is this one: what a relay would hold if it built documents. */
const yDoc: ServerKind = {
  id: 'y-doc',
  label: 'Y.Doc',
  persistent: false,
  node: process.execPath,
  missing: () => undefined,
  start: () => Promise.reject(new Error('Y.Doc is not a server')),
}

/** Every server the bench knows, ours first. */
export const serverKinds: readonly ServerKind[] = [
  tutti('tutti', 'Tutti'),
  tutti('tutti-native', 'Tutti, own wire'),
  yWebsocket('yws', 'y-websocket'),
  yWebsocket('yws-leveldb', 'y-websocket + y-leveldb'),
  hocuspocus('hocus', 'Hocuspocus'),
  hocuspocus('hocus-sqlite', 'Hocuspocus + SQLite'),
  yIndexeddb,
  yDoc,
]
