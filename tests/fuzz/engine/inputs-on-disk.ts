import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/source-code.ts'

/** `corpus`: what goes everywhere. `failures`: what once broke something. */
export type Shelf = 'corpus' | 'failures'

const folderOf = (shelf: Shelf, target: string) => `tests/fuzz/${shelf}/${target}`

/** The inputs of a target, in the order of their names. */
export function readInputs(shelf: Shelf, target: string): Uint8Array[] {
  const folder = join(root, folderOf(shelf, target))
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names
    .filter(name => name.endsWith('.bin'))
    .sort()
    .map(name => new Uint8Array(readFileSync(join(folder, name))))
}

/** Stores an input and returns its path from the root. */
export function keepInput(shelf: Shelf, target: string, input: Uint8Array): string {
  const folder = folderOf(shelf, target)
  mkdirSync(join(root, folder), { recursive: true })
  const path = `${folder}/${nameOf(input)}`
  writeFileSync(join(root, path), input)
  return path
}

/** Makes `inputs` all there is. */
export function replaceInputs(shelf: Shelf, target: string, inputs: readonly Uint8Array[]): void {
  const folder = join(root, folderOf(shelf, target))
  const names = new Set(inputs.map(nameOf))
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) if (name.endsWith('.bin') && !names.has(name)) rmSync(join(folder, name))
  for (const input of inputs) keepInput(shelf, target, input)
}

function nameOf(input: Uint8Array): string {
  return `${createHash('sha256').update(input).digest('hex').slice(0, 12)}.bin`
}
