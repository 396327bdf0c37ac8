import type { Command } from 'commander'
import { shown } from '../config/config-error.ts'
import { configOptions } from '../config/options.ts'
import { effectiveConfig, withConfig } from './configured.ts'
import { styled, table } from './table.ts'

/** `tutti config`: what would be in effect, and who says so. Secrets are not shown. */
export function addConfig(program: Command): void {
  const command = program
    .command('config')
    .description('show what is in effect, and which flag, variable or file says so')
    .option('--json', 'as JSON')
  withConfig(command).action(() => {
    const { config, sources } = effectiveConfig(command)
    const rows = configOptions.map(({ name, isSecret }) => {
      const value = config[name]
      return { name, value: isSecret && value !== null ? hidden(value) : value, source: sources[name] }
    })
    if (command.opts<{ json?: boolean }>().json === true) {
      const json = Object.fromEntries(rows.map(({ name, value, source }) => [name, { value, source }]))
      console.log(JSON.stringify(json, null, 2))
      return
    }
    const lines = rows.map(({ name, value, source }) => [
      name,
      value === null
        ? styled('dim', 'not set')
        : typeof value === 'string' && !value.includes('\n')
          ? value
          : shown(value, null),
      source === 'default' ? styled('dim', source) : source,
    ])
    console.log(table(['option', 'value', 'from'], lines))
  })
}

function hidden(value: unknown): string {
  return `(${shown(value, 'a secret')})`
}
