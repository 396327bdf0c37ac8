import { readdir, readFile, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { systemEnv } from '@tutti/core'
import type { Config } from '../../config/config.ts'
import { type Check, look, well, wrong } from './check.ts'

const mebibyte = 1024 * 1024
/** Below this a store cannot be opened again after a full disk; below the other, days are counted. */
const leastBytes = 16 * mebibyte
const fewBytes = 1024 * mebibyte
/** No relay of this version ran before. */
const bornAt = Date.UTC(2026, 0, 1)
const clockToleranceMs = 60_000
/** Files a relay needs besides its connections. */
const ownFiles = 256

/** Room where the store is, or will be. */
export async function lookAtDisk({ data }: Config): Promise<readonly Check[]> {
  let folder = resolve(data)
  for (;;) {
    const place = await statfs(folder).catch(() => null)
    if (place === null && dirname(folder) !== folder) {
      folder = dirname(folder)
      continue
    }
    if (place === null) return [look('disk', 'how much room there is cannot be told', '')]
    const free = place.bavail * place.bsize
    const says = `${Math.round(free / mebibyte)} MiB free of ${Math.round((place.blocks * place.bsize) / mebibyte)} at ${folder}`
    if (free < leastBytes) return [wrong('disk', says, 'make room: edits are refused while the disk is full')]
    if (free < fewBytes) return [look('disk', says, 'make room before it is full')]
    return [well('disk', says)]
  }
}

/** A clock that is wrong makes tokens expire at the wrong time, and says the wrong thing of every edit. */
export async function lookAtClock({ data }: Config): Promise<readonly Check[]> {
  const now = systemEnv.clock.now()
  const says = `it is ${new Date(now).toISOString()}`
  if (now < bornAt) return [wrong('clock', says, 'that is long ago: set the clock, and let it be kept right (NTP)')]
  let newest = 0
  const folder = join(data, 'level')
  for (const name of await readdir(folder).catch(() => [])) {
    newest = Math.max(newest, (await stat(join(folder, name)).catch(() => ({ mtimeMs: 0 }))).mtimeMs)
  }
  if (newest > now + clockToleranceMs) {
    return [wrong('clock', `${says}, and the store was written later than that`, 'the clock went back: set it right')]
  }
  return [well('clock', says)]
}

/** Every connection is a file. */
export async function lookAtFiles({ maxConnections }: Config): Promise<readonly Check[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const word = /^Max open files\s+(\S+)/m.exec(limits)?.[1]
  if (word === undefined) return [look('files', 'how many files may be open cannot be told here', 'see ulimit -n')]
  const most = word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word)
  const says = `${word} files may be open, for ${maxConnections} connections`
  if (most >= maxConnections + ownFiles) return [well('files', says)]
  return [
    look(
      'files',
      says,
      `raise it (ulimit -n, LimitNOFILE= in a unit), or set maxConnections to ${Math.max(1, most - ownFiles)}`,
    ),
  ]
}
