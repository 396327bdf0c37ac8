import type { Config } from '../../config/config.ts'

/** One thing that was looked at. */
export interface Check {
  readonly name: string
  readonly state: 'well' | 'look' | 'wrong'
  /** What is so. */
  readonly says: string
  /** What to do about it; "" where nothing is to be done. */
  readonly advice: string
}

/** Looks at one thing, for a relay that runs, or would run, with this configuration. Never rejects for what is wrong there. */
export type Look = (config: Config) => Promise<readonly Check[]> | readonly Check[]

export function well(name: string, says: string): Check {
  return { name, state: 'well', says, advice: '' }
}

export function look(name: string, says: string, advice: string): Check {
  return { name, state: 'look', says, advice }
}

export function wrong(name: string, says: string, advice: string): Check {
  return { name, state: 'wrong', says, advice }
}
