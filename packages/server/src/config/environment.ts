import { readFileSync } from 'node:fs'
import type { ConfigMistake } from './config-error.ts'
import { didYouMean } from './did-you-mean.ts'
import { type ConfigOption, configOptions } from './options.ts'

export type Environment = Readonly<Record<string, string | undefined>>

interface Found {
  readonly value: string
  readonly source: string
}

/**
 * What the environment says about an option: `TUTTI_X_Y`, the file that `TUTTI_X_Y_FILE` names, or the plain name people
 * know, in that order. Null when it says nothing; what is set to nothing is not set.
 */
export function fromEnvironment(
  option: ConfigOption,
  environment: Environment,
): Found | { readonly mistake: ConfigMistake } | null {
  const { variable, alias, mayBeFile } = option
  const value = environment[variable] ?? ''
  const path = environment[`${variable}_FILE`] ?? ''
  if (path !== '' && mayBeFile) return fromFile(option, path, value !== '')
  if (value !== '') return { value, source: variable }
  const plain = alias === null ? '' : (environment[alias] ?? '')
  return plain === '' ? null : { value: plain, source: alias as string }
}

function fromFile(option: ConfigOption, path: string, isTwice: boolean): Found | { readonly mistake: ConfigMistake } {
  const source = `${option.variable}_FILE`
  const mistake = (allowed: string) => ({
    mistake: { option: option.name, source, value: JSON.stringify(path), allowed },
  })
  if (isTwice) return mistake(`${option.variable} is set, too: one of them is enough`)
  try {
    // Whoever writes a file with an editor ends it with a line break.
    return { value: readFileSync(path, 'utf8').replace(/\r?\n$/, ''), source }
  } catch (error) {
    return mistake(`the file cannot be read: ${(error as Error).message}`)
  }
}

/** Variables that are nearly ours, and files for what has none: someone believes they have set something. */
export function environmentMistakes(environment: Environment): ConfigMistake[] {
  const known = configOptions.flatMap(({ variable, mayBeFile }) =>
    mayBeFile ? [variable, `${variable}_FILE`] : [variable],
  )
  known.push('TUTTI_CONFIG')
  const ours = Object.keys(environment).filter(name => name.startsWith('TUTTI_') && !known.includes(name))
  return ours.flatMap(name => {
    const meant = didYouMean(
      name.slice('TUTTI_'.length),
      known.map(variable => variable.slice('TUTTI_'.length)),
    )
    if (meant === null) return []
    return [
      {
        option: name,
        source: 'the environment',
        value: 'set',
        allowed: `there is no such variable: did you mean TUTTI_${meant}?`,
      },
    ]
  })
}
