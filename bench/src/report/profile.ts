/** Reads CPU profiles that Node writes (`--cpu-prof`): self time by function, and by where the function lives. */
import type { ProfileShare } from './results.ts'

interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

/** The part of a .cpuprofile that is read here. */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[]
  readonly samples: readonly number[]
  /** Microseconds from each sample to the one before. */
  readonly timeDeltas: readonly number[]
}

/** Self time in milliseconds, by name. */
export interface SelfTime {
  readonly busyMs: number
  readonly groups: readonly ProfileShare[]
  readonly functions: readonly ProfileShare[]
}

/** Adds up profiles of one server (its threads, and its lives if it was started again). */
export function summarise(profiles: readonly CpuProfile[], functionsShown: number): SelfTime {
  const byFunction = new Map<string, number>()
  const byGroup = new Map<string, number>()
  let busyUs = 0
  for (const profile of profiles) {
    const frames = new Map(profile.nodes.map(node => [node.id, node.callFrame]))
    const started = startUpSamples(profile, frames)
    profile.samples.forEach((id, index) => {
      if (index < started) return
      const frame = frames.get(id)
      // The time until the next sample is what this one stands for.
      const us = Math.max(0, profile.timeDeltas[index + 1] ?? 0)
      if (frame === undefined || frame.functionName === '(idle)' || frame.functionName === '(root)') return
      busyUs += us
      const group = groupOf(frame)
      add(byGroup, group, us)
      add(byFunction, functionOf(frame, group), us)
    })
  }
  const shares = (times: ReadonlyMap<string, number>): readonly ProfileShare[] =>
    [...times]
      .map(([name, us]) => ({ name, share: Number((us / busyUs).toFixed(4)) }))
      .toSorted((a, b) => b.share - a.share)
  return {
    busyMs: Math.round(busyUs / 1000),
    groups: shares(byGroup),
    functions: shares(byFunction).slice(0, functionsShown),
  }
}

const startUpMs = 5000

/** Samples up to the last module that was compiled in the first seconds: how a server starts is not where it is hot. */
function startUpSamples(profile: CpuProfile, frames: ReadonlyMap<number, CallFrame>): number {
  let us = 0
  let last = 0
  for (const [index, id] of profile.samples.entries()) {
    us += profile.timeDeltas[index] ?? 0
    if (us > startUpMs * 1000) break
    if (frames.get(id)?.functionName.startsWith('compile') === true) last = index + 1
  }
  return last
}

function add(times: Map<string, number>, name: string, us: number): void {
  times.set(name, (times.get(name) ?? 0) + us)
}

/** Whose code it is: a folder of ours, a package, Node's own, or below JavaScript. */
function groupOf({ functionName, url }: CallFrame): string {
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (functionName === '(program)' || url === '') return 'native'
  if (url.startsWith('node:')) return 'node'
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)
  const ours = /\/packages\/([^/]+)\/(?:dist|src)\/(.+?)\/[^/]+$/.exec(url)
  if (ours !== null) return `${ours[1]}/${ours[2]}`
  return dependency?.[1] ?? 'other'
}

function functionOf({ functionName, url }: CallFrame, group: string): string {
  if (functionName.startsWith('(')) return functionName === '(program)' ? 'outside JavaScript' : group
  const file = url === '' ? 'native' : (url.split('/').at(-1) ?? url).replace(/\.js$/, '')
  return `${functionName === '' ? 'anonymous' : functionName} (${group === 'native' ? group : `${group}/${file}`})`
}
