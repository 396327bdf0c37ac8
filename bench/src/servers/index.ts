import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { peersDir, repoDir } from '../places.ts'
import type { ServerSetting } from '../scenario.ts'
import { chromiumPath } from './chromium.ts'
import { column, type ServerKind } from './kind.ts'
import { freePort, launch } from './launch.ts'

/** Ours and Y-WebSocket's run on the Node that runs the bench; Hocuspocus 4 demands Node 22 and gets one. */
const peerNode22 = join(peersDir, 'node_modules/node22/bin/node')
const tuttiBin = join(repoDir, 'packages/server/bin/tutti.js')
const tuttiBuilt = join(repoDir, 'packages/server/dist/cli/main.js')
const wsFloor = fileURLToPath(new URL('../inside/ws-floor.js', import.meta.url))

/** Flags of ours for a named variation. */
const tuttiFlags: Readonly<Record<ServerSetting, readonly string[]>> = {
  default: [],
  'never-compact': ['--compact-after-entries', '1000000000'],
  'compact-often': ['--sweep-ms', '1000'],
  'compact-at-once': ['--sweep-ms', '100', '--compact-after-entries', '2', '--idle-ms', '0'],
}

function tutti(id: 'tutti' | 'tutti-native', label: string): ServerKind {
  return {
    id,
    label,
    holdsContent: true,
    persistent: true,
    missing: () => (existsSync(tuttiBuilt) ? undefined : 'our server is not built yet'),
    start({ dataDir, logFile, setting, profileDir }) {
      // Every 2 ms: a sampler that wakes more often keeps an idle server from ever looking quiet.
      const sampler = ['--cpu-prof', '--cpu-prof-interval', '2000', '--cpu-prof-dir']
      const profiled = profileDir === undefined ? [] : [...sampler, profileDir]
      const flags = ['--log-level', 'warn', '--port', '0', '--data', dataDir, ...tuttiFlags[setting]]
      return launch({
        command: process.execPath,
        args: [...profiled, tuttiBin, 'serve', ...flags],
        env: {},
        cwd: repoDir,
        dialect: id === 'tutti-native' ? 'native' : 'y-websocket',
        logFile,
        port: undefined,
      })
    },
  }
}

function yWebsocket(id: 'yws' | 'yws-leveldb', label: string): ServerKind {
  const persistent = id === 'yws-leveldb'
  return {
    id,
    label,
    holdsContent: true,
    persistent,
    missing: () => (existsSync(peersDir) ? undefined : 'peers are not installed'),
    async start({ dataDir, logFile }) {
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
    holdsContent: true,
    persistent,
    missing: () => (existsSync(peerNode22) ? undefined : 'peers are not installed'),
    start({ dataDir, logFile }) {
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

/** Sockets and nothing else. */
const bareWs: ServerKind = {
  id: 'ws-floor',
  label: 'bare ws',
  holdsContent: false,
  persistent: false,
  missing: () => undefined,
  start: ({ logFile }) =>
    launch({
      command: process.execPath,
      args: [wsFloor],
      env: {},
      cwd: repoDir,
      dialect: 'y-websocket',
      logFile,
      port: undefined,
    }),
}

/** Every server the bench knows, ours first, and what stands beside them without being one. */
export const serverKinds: readonly ServerKind[] = [
  tutti('tutti', 'Tutti'),
  tutti('tutti-native', 'Tutti, own wire'),
  yWebsocket('yws', 'y-websocket'),
  yWebsocket('yws-leveldb', 'y-websocket + y-leveldb'),
  hocuspocus('hocus', 'Hocuspocus'),
  hocuspocus('hocus-sqlite', 'Hocuspocus + SQLite'),
  column('y-indexeddb', 'y-indexeddb', () =>
    chromiumPath() === undefined ? 'no Chromium on this machine' : undefined,
  ),
  column('y-doc', 'Y.Doc'),
  bareWs,
  column('level-floor', 'bare LevelDB'),
  column('file-floor', 'bare file'),
]
