/**
 * The load generator's process: takes phases by name from the bench over the parent's channel, one at a time, and
 * answers with what they measured. A process of its own, so that its work is never counted as the server's.
 */
import { scenarios } from '../scenarios/index.ts'
import type { Measures, Params, PhaseContext } from '../scenario.ts'
import type { Target } from './client.ts'
import type { DialectId } from './dialect.ts'
import { dialect } from './dialects/index.ts'

/** What the bench asks for. */
export interface LoadRequest {
  readonly scenario: string
  readonly phase: string
  readonly params: Params
  readonly target: Target
  readonly dialect: DialectId
}

/** What it gets back. */
export type LoadAnswer =
  | { readonly ok: true; readonly measures: Measures }
  | { readonly ok: false; readonly error: string }

async function carryOut(request: LoadRequest): Promise<Measures> {
  const phase = scenarios.find(each => each.id === request.scenario)?.phases[request.phase]
  if (phase === undefined) throw new Error(`no phase ${request.phase} in ${request.scenario}`)
  const context: PhaseContext = {
    target: request.target,
    dialect: dialect(request.dialect),
    params: request.params,
    number(name) {
      const value = request.params[name]
      if (typeof value !== 'number') throw new Error(`phase ${request.phase} needs the number ${name}`)
      return value
    },
  }
  return phase(context)
}

function answer(value: LoadAnswer): void {
  process.send?.(value)
}

process.on('message', (request: LoadRequest) => {
  carryOut(request).then(
    measures => answer({ ok: true, measures }),
    (error: unknown) =>
      answer({ ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
process.on('uncaughtException', error => {
  process.send?.({ ok: false, error: error.stack ?? error.message } satisfies LoadAnswer, () => process.exit(1))
})
process.on('disconnect', () => process.exit(0))
