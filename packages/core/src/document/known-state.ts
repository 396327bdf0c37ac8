import type { ScannedUpdate } from './scan.ts'

/** What the gate asks of the document it guards. */
export interface KnownState {
  clock(client: number): number
  depthAt(client: number, clock: number): number
  readonly clientCount: number
  isDeleted(client: number, clock: number, length: number): boolean
}

/** An update that passed: integrable as a whole, in some order, by every replica that has what the document has. */
export interface AcceptedUpdate {
  readonly scan: ScannedUpdate
  /** For each struct the depth of the type that holds it. */
  readonly depths: readonly number[]
}
