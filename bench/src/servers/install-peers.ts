import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchDir, peersDir } from '../places.ts'

const files = ['package.json', 'package-lock.json', 'hocuspocus-server.mjs']
const stamp = join(peersDir, 'installed')

/**
 * Installs the peers under `bench/.peers` from the lock file kept beside this code, when that has not been done for
 * this lock yet. They are programs to measure, never dependencies of the product, so they get a folder of their own.
 */
export function installPeers(): void {
  mkdirSync(peersDir, { recursive: true })
  for (const file of files) copyFileSync(join(benchDir, 'peers', file), join(peersDir, file))
  const lock = readFileSync(join(benchDir, 'peers/package-lock.json'), 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  process.stderr.write('installing the peers into bench/.peers\n')
  // Every native part comes as a prebuilt file inside its package, so no install script has to run.
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: peersDir,
    stdio: ['ignore', 2, 2],
  })
  if (npm.status !== 0) throw new Error('the peers could not be installed')
  writeFileSync(stamp, lock)
}

/** The version of an installed peer package. */
export function peerVersion(name: string): string {
  try {
    const text = readFileSync(join(peersDir, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  } catch {
    return 'not installed'
  }
}
