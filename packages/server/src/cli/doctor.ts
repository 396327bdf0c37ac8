import type { Command } from 'commander'
import { effectiveConfig, withConfig } from './configured.ts'
import type { Check, Look } from './doctor/check.ts'
import { lookAtClock, lookAtDisk, lookAtFiles } from './doctor/machine.ts'
import { lookAtDoor, lookAtPort, lookAtProxy } from './doctor/reach.ts'
import { lookAtStore } from './doctor/store.ts'
import { styled, type Style, table } from './table.ts'

const looks: readonly Look[] = [lookAtStore, lookAtDisk, lookAtClock, lookAtFiles, lookAtPort, lookAtDoor, lookAtProxy]

const styles: Readonly<Record<Check['state'], Style>> = { well: 'green', look: 'yellow', wrong: 'red' }

/** `tutti doctor`: ends with 0 when all is well, 1 when something should be looked at, 2 when something is wrong. */
export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('look whether the relay can run well here, and say what to do where not')
    .option('--json', 'as JSON')
  withConfig(command).action(async () => {
    const { config } = effectiveConfig(command)
    const checks: Check[] = []
    for (const lookAt of looks) checks.push(...(await lookAt(config)))
    if (command.opts<{ json?: boolean }>().json === true) console.log(JSON.stringify(checks, null, 2))
    else {
      const rows = checks.map(({ name, state, says, advice }) => [
        styled(styles[state], state),
        name,
        advice === '' ? says : `${says}: ${advice}`,
      ])
      console.log(table(['', 'what', 'is'], rows))
    }
    process.exitCode = checks.some(({ state }) => state === 'wrong')
      ? 2
      : checks.some(({ state }) => state === 'look')
        ? 1
        : 0
  })
}
