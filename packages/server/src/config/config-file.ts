import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'

export interface ConfigFile {
  readonly path: string
  readonly values: Readonly<Record<string, unknown>>
}

/** Reads a file of options: one JSON object with their names. Throws a `ConfigError` when it is none. */
export function readConfigFile(path: string): ConfigFile {
  const refuse = (allowed: string) =>
    new ConfigError([{ option: 'config', source: '--config', value: JSON.stringify(path), allowed }])
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw refuse(`the file cannot be read: ${(error as Error).message}`)
  }
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch (error) {
    // The message of the parser quotes the file, and there may be a secret in it.
    const at = /at position (\d+)/.exec((error as Error).message)?.[1]
    throw refuse(`it is not JSON${at === undefined ? '' : `: line ${text.slice(0, Number(at)).split('\n').length}`}`)
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw refuse('it takes a file with one JSON object: { "port": 1234 }')
  }
  return { path, values: values as Readonly<Record<string, unknown>> }
}
