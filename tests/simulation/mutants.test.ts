import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isFullScale } from '../support/scale.ts'
import { bundleSimulation } from './bundle.ts'
import { bundleFolder } from './command.ts'
import { mutants } from './mutants.ts'
import type { Mutant } from './mutants/mutant.ts'
import { tellSeeds } from './processes.ts'

/** A bug that so many stories do not show is one the simulator is blind to. */
const enoughSeeds = 5_000
/** One of each kind, each found in a story that is soon told. */
const everyDay: ReadonlySet<string> = new Set(['link-not-carried-on', 'ack-before-append', 'any-ack-is-for-all'])

interface Find {
  readonly seed: number
  readonly message: string
}

/** Where it was found before; and where that shows nothing any more, from the beginning. */
async function findIn(bundle: string, hint: number | null): Promise<Find | null> {
  const search = (from: number, count: number) =>
    tellSeeds({ bundle, from, count, processes: 1, stopAtFirst: true }).then(({ violations }) => violations[0] ?? null)
  const again = hint === null ? null : await search(hint, 1)
  return again ?? (await search(1, enoughSeeds))
}

const folder = join(bundleFolder, 'mutants')
const found: (Mutant & Find)[] = []
let sound = ''

beforeAll(async () => {
  await mkdir(folder, { recursive: true })
  sound = await bundleSimulation(folder)
}, 60_000)

afterAll(() => {
  const rows = found
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, seed, message }) => `${name.padEnd(34)}${String(seed).padStart(5)}  ${message.split(':', 1)[0]}`)
  process.stdout.write(`${['mutant'.padEnd(34) + ' seed  what does not hold', ...rows].join('\n')}\n`)
})

describe('the simulator finds a planted bug', () => {
  test('every mutant has a name of its own', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })

  test.each(mutants)('$name has its place in the source, once', async ({ file, find }) => {
    const source = await readFile(join(import.meta.dirname, '../..', file), 'utf8')
    expect(source.split(find)).toHaveLength(2)
  })

  const told = mutants.filter(({ name, foundAt }) => (isFullScale ? foundAt !== null : everyDay.has(name)))
  test.concurrent.each(told)('[CLI21] $name: $what', { timeout: 900_000 }, async mutant => {
    const bundle = await bundleSimulation(folder, mutant)
    const find = await findIn(bundle, mutant.foundAt)
    if (find === null) return expect.fail(`${enoughSeeds} seeds do not show ${mutant.name}`)
    found.push({ ...mutant, ...find })
    // It is the bug that is found there, and not another one.
    const { violations } = await tellSeeds({ bundle: sound, from: find.seed, count: 1 })
    expect(violations).toEqual([])
  })
})
