import { readFileSync } from 'node:fs'

/** Bytes that a process has had written to storage since it began, by the kernel's account. */
export function writtenBytes(pid: number): number {
  try {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1] ?? Number.NaN)
  } catch {
    return Number.NaN
  }
}
