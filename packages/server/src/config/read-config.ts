import type { Config, ConfigInput, ConfigName } from './config.ts'
import { ConfigError, type ConfigMistake, shown } from './config-error.ts'
import { didYouMean } from './did-you-mean.ts'
import { environmentMistakes, fromEnvironment } from './environment.ts'
import { type ConfigOption, configOptions } from './options.ts'

/** Where values come from, the strongest first: what is given here, the environment, a file, what is always so. */
export interface ConfigSources {
  /** By option name: flags, or what an embedding app gives. What is undefined was not given. */
  readonly given: Readonly<Record<string, unknown>>
  /** How a person writes a given option: `--port` on a command line, `port` in a program. */
  readonly nameOf?: (option: ConfigOption) => string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** What the file of the configuration holds, and its path. */
  readonly file?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> } | null
}

/** A value and who said it. */
export interface Said {
  readonly value: unknown
  readonly source: string
}

export interface EffectiveConfig {
  readonly config: Config
  /** Who said it: `--port`, `TUTTI_PORT`, `tutti.json`, `default`. */
  readonly sources: Readonly<Record<ConfigName, string>>
}

/** Puts the configuration together. Throws a `ConfigError` with everything that is wrong. */
export function readConfig(sources: ConfigSources): EffectiveConfig {
  const { environment = {}, file = null } = sources
  const mistakes: ConfigMistake[] = [
    ...unknownNames(sources.given, 'the options'),
    ...unknownNames(file?.values ?? {}, file?.path ?? ''),
    ...environmentMistakes(environment),
  ]
  const config: Record<string, unknown> = {}
  const saidBy: Record<string, string> = {}
  for (const option of configOptions) {
    const said = find(option, sources, mistakes)
    const parsed = option.parse(said.value)
    if (parsed.ok) config[option.name] = parsed.value
    else mistakes.push(mistake(option, said, `it takes ${parsed.error}`))
    saidBy[option.name] = said.source
  }
  mistakes.push(...keysAtOnce(config, saidBy))
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { config: config as unknown as Config, sources: saidBy as Record<ConfigName, string> }
}

/** Fills in what an embedding app left out. Throws a `ConfigError`. */
export function parseConfig(input: ConfigInput): Config {
  if (typeof input !== 'object' || input === null) {
    const allowed = 'it takes an object such as { port: 1234 }'
    throw new ConfigError([{ option: 'the configuration', source: 'the options', value: shown(input, null), allowed }])
  }
  return readConfig({ given: input }).config
}

function find(option: ConfigOption, sources: ConfigSources, mistakes: ConfigMistake[]): Said {
  const { given, nameOf = ({ name }) => name, environment = {}, file = null } = sources
  if (given[option.name] !== undefined) return { value: given[option.name], source: nameOf(option) }
  const found = fromEnvironment(option, environment)
  if (found !== null && 'mistake' in found) mistakes.push(found.mistake)
  else if (found !== null) return found
  const inFile = file !== null && Object.hasOwn(file.values, option.name)
  if (inFile) return { value: file.values[option.name], source: file.path }
  return { value: undefined, source: 'default' }
}

function mistake(option: ConfigOption, said: Said, allowed: string): ConfigMistake {
  return { option: option.name, source: said.source, value: shown(said.value, hiddenAs(option)), allowed }
}

/** A key may turn out to be a private one. */
function hiddenAs({ isSecret, mayBeFile }: ConfigOption): string | null {
  if (isSecret) return 'a secret'
  return mayBeFile ? 'a key' : null
}

function unknownNames(values: Readonly<Record<string, unknown>>, source: string): ConfigMistake[] {
  const known = configOptions.map(({ name }) => name as string)
  return Object.keys(values)
    .filter(name => name !== '$schema' && !known.includes(name))
    .map(name => {
      const meant = didYouMean(name, known)
      const allowed = meant === null ? 'there is no such option' : `there is no such option: did you mean ${meant}?`
      return { option: name, source, value: 'set', allowed }
    })
}

/** Whoever has two kinds of keys accepts what either of them signs: nobody means that. */
function keysAtOnce(config: Readonly<Record<string, unknown>>, saidBy: Readonly<Record<string, string>>) {
  const keys = ['jwtSecret', 'jwtPublicKey', 'jwksUrl'].filter(name => typeof config[name] === 'string')
  return keys.slice(1).map((option): ConfigMistake => {
    const allowed = `one kind of key at a time, and ${keys[0]} is set by ${saidBy[keys[0] as string]}`
    return { option, source: saidBy[option] as string, value: 'set as well', allowed }
  })
}
