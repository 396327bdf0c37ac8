import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { seededRandom } from '@tutti/core/testing'

/** At `position` this many characters were deleted, and these inserted; positions count UTF-16 code units. */
export type Patch = readonly [position: number, deleted: number, inserted: string]

/** One recorded step. Its patches apply one after the other to the document as its parents, merged, left it. */
export interface Step {
  readonly agent: number
  /** Indexes of steps; empty for the first of all. */
  readonly parents: readonly number[]
  readonly patches: readonly Patch[]
}

/** A recorded editing session. */
export interface Trace {
  readonly name: string
  readonly agents: number
  readonly steps: readonly Step[]
  readonly endContent: string
}

interface Recorded {
  readonly startContent?: string
  readonly endContent: string
  readonly kind?: 'concurrent'
  readonly numAgents?: number
  readonly txns: readonly {
    readonly agent?: number
    readonly parents?: readonly number[]
    readonly patches: readonly Patch[]
  }[]
}

const folder = process.env['TUTTI_TRACES'] ?? fileURLToPath(new URL('../../../shared/traces', import.meta.url))

/**
 * A trace of the josephg/editing-traces collection (CC BY 4.0), or, where the recordings are not at hand, a generated one of
 * `otherwise` steps, with a line that says so. `most` keeps the beginning alone of a trace with one author.
 */
export function loadTrace(name: string, otherwise: { steps: number; agents: number }, most?: number): Trace {
  const path = join(folder, `${name}.json.gz`)
  if (existsSync(path))
    return recorded(name, JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as Recorded, most)
  const seed = name.length
  process.stderr.write(
    `generated (seed ${seed}): the recorded trace ${name} was not found (../shared/traces, or TUTTI_TRACES)\n`,
  )
  return generatedTrace(
    `${name}, generated`,
    seed,
    otherwise.agents,
    Math.min(otherwise.steps, most ?? otherwise.steps),
  )
}

function recorded(name: string, trace: Recorded, most = Number.POSITIVE_INFINITY): Trace {
  if (trace.kind === 'concurrent') {
    const steps = trace.txns.map(({ agent = 0, parents = [], patches }) => ({ agent, parents, patches }))
    return { name, agents: trace.numAgents ?? 1, steps, endContent: trace.endContent }
  }
  const patches = trace.txns.slice(0, most).map(step => step.patches)
  if (trace.startContent) patches.unshift([[0, 0, trace.startContent]])
  const steps = inUnits(patches).map((own, i): Step => ({ agent: 0, parents: i === 0 ? [] : [i - 1], patches: own }))
  const endContent = most < trace.txns.length ? textOf(steps) : trace.endContent
  return { name, agents: 1, steps, endContent }
}

/** Positions are recorded in code points; Yjs counts UTF-16 code units. */
function inUnits(recordedSteps: readonly (readonly Patch[])[]): readonly (readonly Patch[])[] {
  if (!/[\uD800-\uDFFF]/.test(recordedSteps.flat().reduce((all, [, , inserted]) => all + inserted, '')))
    return recordedSteps
  const text: string[] = []
  return recordedSteps.map(patches =>
    patches.map(([position, deleted, inserted]): Patch => {
      const patch: Patch = [units(text, 0, position), units(text, position, deleted), inserted]
      text.splice(position, deleted, ...Array.from(inserted))
      return patch
    }),
  )
}

function textOf(steps: readonly Step[]): string {
  let text = ''
  for (const { patches } of steps) {
    for (const [position, deleted, inserted] of patches) {
      text = text.slice(0, position) + inserted + text.slice(position + deleted)
    }
  }
  return text
}

/** UTF-16 code units of `count` code points. */
function units(text: readonly string[], from: number, count: number): number {
  let sum = 0
  for (let i = from; i < from + count; i++) sum += (text[i] as string).length
  return sum
}

/**
 * Several authors who type, delete and move about, who are together at times and apart for some steps. What they type at the
 * same time stands at different places, so that every way of merging gives the same text.
 */
export function generatedTrace(name: string, seed: number, agents: number, count: number): Trace {
  const random = seededRandom(seed)
  const steps: Step[] = []
  let text = ''
  let last: number[] = []
  const type = (from: string, low: number, high: number): { patch: Patch; text: string } => {
    const position = low + random.int(high - low + 1)
    const deleted = random.chance(0.3) ? random.int(Math.min(4, high - position) + 1) : 0
    const inserted = deleted > 0 ? '' : random.pick(['a', 'e', 'n', ' ', 'the ', 'verse\n', 'é', '日'])
    return {
      patch: [position, deleted, inserted],
      text: from.slice(0, position) + inserted + from.slice(position + deleted),
    }
  }
  while (steps.length < count) {
    if (agents === 1 || text.length < 100 * agents || random.chance(0.5)) {
      const typed = type(text, 0, text.length)
      steps.push({ agent: random.int(agents), parents: last, patches: [typed.patch] })
      text = typed.text
      last = [steps.length - 1]
      continue
    }
    // Apart: each has a stretch of its own, a letter away from the next one's.
    const share = Math.floor(text.length / agents)
    const base = last
    const stretches: string[] = []
    last = []
    for (let agent = 0; agent < agents; agent++) {
      const start = agent * share
      const end = agent === agents - 1 ? text.length : start + share
      let stretch = text.slice(start, end)
      let parents = base
      for (let i = random.int(5); i >= 0; i--) {
        const typed = type(stretch, 1, stretch.length - 1)
        const [position, deleted, inserted] = typed.patch
        steps.push({ agent, parents, patches: [[start + position, deleted, inserted]] })
        stretch = typed.text
        parents = [steps.length - 1]
      }
      last.push(...parents)
      stretches.push(stretch)
    }
    text = stretches.join('')
  }
  return { name, agents, steps, endContent: text }
}
