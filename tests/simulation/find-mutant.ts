import type { Mutant } from './mutants/mutant.ts'
import { tellSeeds } from './processes.ts'

/** A bug that so many stories do not show is one the simulator is blind to. */
export const enoughSeeds = 5_000

/** The first seed that shows a mutant, and what it says. */
export interface Find {
  readonly seed: number
  readonly message: string
}

/** Looks where the mutant was found before; and where that shows nothing any more, from the beginning. */
export async function findMutant(bundle: string, { foundAt }: Mutant, processes = 1): Promise<Find | null> {
  const search = (from: number, count: number) =>
    tellSeeds({ bundle, from, count, processes, stopAtFirst: true }).then(({ violations }) => violations[0] ?? null)
  return (await search(foundAt, 1)) ?? (await search(1, enoughSeeds))
}
