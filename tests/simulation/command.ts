import { mkdir } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleSimulation } from './bundle.ts'
import { enoughSeeds, findMutant } from './find-mutant.ts'
import { mutants } from './mutants.ts'
import type { Mutant } from './mutants/mutant.ts'
import { runOrder, tellSeeds } from './processes.ts'
import type { Figures } from './seeds.ts'

/** Bundles live inside the project, where Node finds its packages. */
export const bundleFolder: string = join(import.meta.dirname, '../../.tmp/simulation')

const usage = `npm run simulate                        1,000 seeds
npm run simulate -- --count 200000      as many as that (--from 1, --processes 2)
npm run simulate -- --seed 255          one story, told line by line
npm run simulate -- --seed 255 --shrink the same, thinned to what makes it go wrong, and kept as a file
npm run simulate -- --plan file.json    a story that was kept
npm run simulate -- --mutant name       with a bug planted (--mutant list)
npm run simulate -- --find name         the seed that shows a planted bug (--find all)`

/** `npm run simulate`. Resolves with the exit code. */
export async function simulate(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      from: { type: 'string', default: '1' },
      count: { type: 'string', default: '1000' },
      processes: { type: 'string' },
      seed: { type: 'string' },
      plan: { type: 'string' },
      shrink: { type: 'boolean', default: false },
      mutant: { type: 'string' },
      find: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return print(usage, 0)
  if (values.mutant === 'list') return print(mutants.map(({ name, what }) => `${name}: ${what}`).join('\n'), 0)
  const wanted = values.find ?? values.mutant
  const mutant = mutants.find(({ name }) => name === wanted) ?? null
  if (wanted !== undefined && values.find !== 'all' && mutant === null) return print(`there is no mutant ${wanted}`, 2)
  await mkdir(bundleFolder, { recursive: true })
  if (values.find !== undefined) return await findAll(mutant === null ? mutants : [mutant])
  const bundle = await bundleSimulation(bundleFolder, mutant)
  if (values.seed !== undefined || values.plan !== undefined) {
    return await tellOne(bundle, Number(values.seed ?? 0), values.plan, values.shrink)
  }
  const told = await tellSeeds({
    bundle,
    from: Number(values.from),
    count: Number(values.count),
    ...(values.processes !== undefined && { processes: Number(values.processes) }),
    progress: figures => process.stderr.write(`\r${figures.seeds} seeds `),
  })
  process.stderr.write('\r')
  for (const { seed, message } of told.violations) print(`seed ${seed}: ${message}`, 1)
  return print(inWords(told.figures, told.seconds, told.violations.length), told.violations.length === 0 ? 0 : 1)
}

async function tellOne(bundle: string, seed: number, plan: string | undefined, isShrunk: boolean): Promise<number> {
  let status = 0
  const kept = join(bundleFolder, `seed-${seed}.json`)
  const order = { from: seed, count: 1, step: 1, withHistory: !isShrunk, ...(plan !== undefined && { plan }) }
  await runOrder(bundle, isShrunk ? { ...order, shrinkTo: kept } : order, {
    report(report) {
      if (report.kind === 'history') print(report.line, 0)
      else if (report.kind === 'violation') status = print(report.message, 1)
    },
  })
  return isShrunk && status === 1 ? print(`kept in ${kept}`, 1) : status
}

/** One line for each: what `foundAt` is to say. */
async function findAll(wanted: readonly Mutant[]): Promise<number> {
  let status = 0
  for (const mutant of wanted) {
    const found = await findMutant(await bundleSimulation(bundleFolder, mutant), mutant, cpus().length)
    const seen = found === null ? `not in ${enoughSeeds} seeds` : `${found.seed}  ${found.message.slice(0, 100)}`
    status = print(`${mutant.name.padEnd(34)}${seen}`, found === null ? 1 : status)
  }
  return status
}

/** What a run has shown, in one line. */
export function inWords(figures: Figures, seconds: number, violations: number): string {
  const hours = figures.virtualMs / 3_600_000
  return [
    `${figures.seeds} seeds in ${seconds.toFixed(0)} s (${(figures.seeds / seconds).toFixed(0)} a second)`,
    `${hours.toFixed(0)} virtual hours`,
    `${figures.turns} turns`,
    `${figures.boots} starts of the server`,
    `${figures.acknowledged} acknowledged updates`,
    `${figures.shown} shown`,
    `${violations} violations`,
  ].join(', ')
}

function print(text: string, status: number): number {
  process.stdout.write(`${text}\n`)
  return status
}
