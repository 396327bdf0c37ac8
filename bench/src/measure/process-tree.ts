/**
 * What the operating system says a server cost: CPU and resident memory of a process and everything it started.
 *
 * The kernel's own accounting is used, not the runtime's: worker threads, native threads (a database's compaction,
 * the garbage collector's helpers) and child processes all count, whoever is asked to pay.
 */
import { readFileSync, readdirSync } from 'node:fs'

/** The kernel reports CPU in clock ticks; on Linux user space always sees 100 of them in a second. */
const msPerTick = 10

interface Stat {
  readonly parent: number
  readonly ticks: number
  /** CPU of children that ended and were waited for. */
  readonly reapedTicks: number
}

function readStat(pid: number): Stat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The second field is the command in parentheses and may itself hold spaces, so count from the last parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const at = (index: number): number => Number(fields[index] ?? 0)
  return { parent: at(1), ticks: at(11) + at(12), reapedTicks: at(13) + at(14) }
}

/** The process and its living descendants. */
function tree(root: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const stat = readStat(pid)
    if (stat === undefined) continue
    const siblings = children.get(stat.parent) ?? []
    siblings.push(pid)
    children.set(stat.parent, siblings)
  }
  const found: number[] = []
  const open = [root]
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    found.push(pid)
    open.push(...(children.get(pid) ?? []))
  }
  return found
}

/** CPU milliseconds (user + system) that the process tree under `pid` has used since it began. Resolution 10 ms. */
export function cpuMs(pid: number): number {
  let ticks = 0
  for (const member of tree(pid)) {
    const stat = readStat(member)
    if (stat !== undefined) ticks += stat.ticks + stat.reapedTicks
  }
  return ticks * msPerTick
}

/** Resident memory in bytes of the process tree under `pid`. */
export function rssBytes(pid: number): number {
  let kib = 0
  for (const member of tree(pid)) {
    try {
      const status = readFileSync(`/proc/${member}/status`, 'latin1')
      kib += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
    } catch {
      // It ended between being listed and being read.
    }
  }
  return kib * 1024
}
