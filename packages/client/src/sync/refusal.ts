import type { ErrorCode } from '@tutti/core'
import type { Branch } from '../persistence/local-log.ts'

/**
 * Edits the server will not take, and what can be done about it. Until one of the two is called they stay in the document
 * and on this device, and nothing made on top of them is sent.
 */
export interface Refusal {
  readonly code: ErrorCode
  /** For people. */
  readonly message: string
  /** How many edits: the refused one, and what was made on top of it. */
  readonly edits: number
  /** They, as one Yjs update. */
  readonly bytes: Uint8Array
  /** Takes them back exactly. A `Y.Doc` cannot forget, so there is a new one afterwards: event `reload`. */
  undo(): Promise<void>
  /** Sets them aside as a branch of this device, then takes them back. */
  keep(reason?: string): Promise<Branch>
}
