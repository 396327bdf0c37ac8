import { readFileSync, rmSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { targets } from '../targets/index.ts'
import { buildFuzzer } from './build.ts'
import { keepInput, readInputs, replaceInputs } from './inputs-on-disk.ts'
import type { Outcome } from './job.ts'
import { supervised } from './supervise.ts'

const usage = `npm run fuzz -- [--target name[,name]] [--minutes 1] [--inputs n] [--seed n] [--missed]
npm run fuzz -- --replay tests/fuzz/failures/<target>/<input>.bin
targets: ${targets.map(({ name }) => name).join(' ')}`

/** By hand: searches, keeps what broke something in \`failures\` and what goes somewhere new in \`corpus\`. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: 'string', default: targets.map(({ name }) => name).join(',') },
      minutes: { type: 'string', default: '1' },
      inputs: { type: 'string', default: 'Infinity' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      missed: { type: 'boolean', default: false },
      replay: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const names = values.target.split(',')
  const unknown = names.filter(name => !targets.some(target => target.name === name))
  if (unknown.length > 0) {
    console.error(`no such target: ${unknown.join(' ')}\n${usage}`)
    return 2
  }
  const bundle = await buildFuzzer()
  try {
    if (values.replay !== undefined) return await replay(bundle, values.replay)
    let broken = 0
    for (const target of names) {
      const outcome = await supervised(bundle, {
        target,
        seed: Number(values.seed),
        again: readInputs('failures', target),
        corpus: readInputs('corpus', target),
        inputs: Number(values.inputs),
        ms: Number(values.minutes) * 60_000,
        keeps: true,
      })
      report(outcome, values.missed)
      if (outcome.corpus.length > 0) replaceInputs('corpus', target, outcome.corpus)
      broken += outcome.found.length
    }
    return broken === 0 ? 0 : 1
  } finally {
    rmSync(bundle, { force: true })
  }
}

async function replay(bundle: string, path: string): Promise<number> {
  const target = basename(dirname(path))
  const input = new Uint8Array(readFileSync(path))
  const { found } = await supervised(bundle, {
    target,
    seed: 1,
    again: [input],
    corpus: [],
    inputs: 0,
    ms: 0,
    keeps: false,
  })
  for (const { kind, text } of found) console.log(`${kind}\n${text}`)
  if (found.length === 0) console.log('all promises are kept')
  return found.length === 0 ? 0 : 1
}

function report(outcome: Outcome, withMissed: boolean): void {
  console.log(summary(outcome))
  for (const { kind, text, input } of outcome.found) {
    // Memory that is kept is the fault of no one input.
    const replay = input.length > 0 ? `npm run fuzz -- --replay ${keepInput('failures', outcome.target, input)}` : ''
    console.log(`  ${kind}\n  ${replay}\n${text.replace(/^/gm, '    ')}`)
  }
  if (!withMissed) return
  for (const [file, lines] of Object.entries(outcome.missed)) console.log(`  ${file}: ${lines.join(' ')}`)
}

/** One line about what was done. */
export function summary(outcome: Outcome): string {
  const { target, seed, executions, seconds, branches, branchesReached, found, keptBytes } = outcome
  return [
    `${target}: seed ${seed}, ${executions} inputs in ${seconds.toFixed(1)} s of computing, ${Math.round(executions / seconds)} a second`,
    `${branchesReached} of ${branches} branches, ${(keptBytes / 2 ** 20).toFixed(1)} MiB kept`,
    `${found.length} broken`,
  ].join('; ')
}
