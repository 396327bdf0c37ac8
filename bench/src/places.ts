import { fileURLToPath } from 'node:url'

/** The repository, the bench in it, and where the bench installs the peers (ignored by git). */
export const repoDir: string = fileURLToPath(new URL('../..', import.meta.url))
export const benchDir: string = fileURLToPath(new URL('..', import.meta.url))
export const peersDir: string = fileURLToPath(new URL('../.peers', import.meta.url))
