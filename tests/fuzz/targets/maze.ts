import { BrokenPromise, type FuzzTarget } from '../engine/target.ts'
import { enterMaze } from './maze-walls.ts'

/** Nobody finds the way out by chance alone: it proves that the search follows what it has reached. */
export const maze: FuzzTarget = {
  name: 'maze',
  watched: ['tests/fuzz/targets/maze-walls.ts'],
  maxBytes: 20,
  pace: 100_000,
  seeds: () => [new Uint8Array(4)],
  run(input) {
    if (enterMaze(input)) throw new BrokenPromise('nobody finds the way out')
  },
}
