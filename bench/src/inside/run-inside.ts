import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Measures } from '../scenario.ts'

/** Runs a script of this folder in a process of its own and reads the JSON object it prints. */
export async function runInside(
  script: string,
  args: readonly (string | number)[],
  nodeFlags: readonly string[] = [],
): Promise<Measures> {
  const file = fileURLToPath(new URL(`./${script}.js`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeFlags, file, ...args.map(String)])
  // What a process could not measure is null in JSON.
  const measures = Object.entries(JSON.parse(stdout) as Record<string, number | null>)
  return Object.fromEntries(measures.filter((entry): entry is [string, number] => entry[1] !== null))
}
