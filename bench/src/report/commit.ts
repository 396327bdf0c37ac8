import { execFileSync } from 'node:child_process'
import { repoDir } from '../places.ts'

/**
 * The last commit that changed our packages, which is what is measured; with a `+` behind it when they have changes that
 * are not committed.
 */
export function describeCommit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: repoDir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'packages') !== ''
    return `${git('log', '-1', '--format=%h', '--', 'packages')}${changed ? '+' : ''}`
  } catch {
    return 'unknown'
  }
}
