export { openLogOn } from '../log/begin-log.ts'
export type { Disk } from '../log/disk.ts'
export type { DiskCall, DiskFaults } from './disk-faults.ts'
export { type Crash, type Rot, type RotKind, SimulatedDisk, type SimulatedDiskOptions } from './simulated-disk.ts'
