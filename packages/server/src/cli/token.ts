import type { Command } from 'commander'
import { addTokenCreate } from './token-create.ts'
import { addTokenInspect } from './token-inspect.ts'

/** `tutti token …` */
export function addToken(program: Command): void {
  const token = program.command('token').description('make a token, or see what one says')
  addTokenCreate(token)
  addTokenInspect(token)
}
