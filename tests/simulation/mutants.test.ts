import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isFullScale } from '../support/scale.ts'
import { bundleSimulation } from './bundle.ts'
import { bundleFolder } from './command.ts'
import { enoughSeeds, type Find, findMutant } from './find-mutant.ts'
import { mutants } from './mutants.ts'
import type { Mutant } from './mutants/mutant.ts'
import { runOrder } from './processes.ts'

/** One of each kind, each found in a story that is soon told. */
const everyDay: ReadonlySet<string> = new Set(['link-not-carried-on', 'ack-before-append', 'any-ack-is-for-all'])

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

  const told = isFullScale ? mutants : mutants.filter(({ name }) => everyDay.has(name))
  test.concurrent.each(told)('[CLI21] $name: $what', { timeout: 900_000 }, async mutant => {
    const find = await findMutant(await bundleSimulation(folder, mutant), mutant)
    if (find === null) return expect.fail(`${enoughSeeds} seeds do not show ${mutant.name}`)
    found.push({ ...mutant, ...find })
  })

  test('it is the bug that is found: without it the same stories go well', { timeout: 120_000 }, async () => {
    const violations: string[] = []
    await runOrder(
      sound,
      { from: 0, count: 0, step: 1, seeds: [...new Set(found.map(({ seed }) => seed))] },
      {
        report(report) {
          if (report.kind === 'violation') violations.push(`${report.seed}: ${report.message}`)
        },
      },
    )
    expect(violations).toEqual([])
  })
})
