import { type Command, Option } from 'commander'
import type { ConfigName } from '../config/config.ts'
import { readConfigFile } from '../config/config-file.ts'
import { configOptions } from '../config/options.ts'
import { type EffectiveConfig, readConfig } from '../config/read-config.ts'

/** Gives a command the options of the configuration: all of them, or those it has to do with. */
export function withConfig(command: Command, names?: readonly ConfigName[]): Command {
  for (const { name, flag, takes, isList, description, fallback } of configOptions) {
    if (names !== undefined && !names.includes(name)) continue
    const value = takes === null ? '' : isList ? ` <${takes}...>` : ` <${takes}>`
    const usual = fallback === null || fallback === false || isList ? '' : ` (default ${String(fallback)})`
    command.addOption(new Option(`${flag}${value}`, `${description}${usual}`))
  }
  return command.addOption(new Option('--config <file>', 'a JSON file with options, such as tutti.json'))
}

/** What is in effect for a command, and who said it. Throws a `ConfigError` that names everything that is wrong. */
export function effectiveConfig(command: Command): EffectiveConfig {
  const flags = command.opts<Record<string, unknown>>()
  const given = Object.fromEntries(configOptions.map(({ name }) => [name, flags[name]]))
  const named = flags['config'] ?? process.env['TUTTI_CONFIG'] ?? ''
  const file = typeof named === 'string' && named !== '' ? readConfigFile(named) : null
  return readConfig({ given, nameOf: ({ flag }) => flag, environment: process.env, file })
}
