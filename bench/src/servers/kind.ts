import type { RunningServer, ServerId, ServerSetting } from '../scenario.ts'

/** How a server is to be started. */
export interface Start {
  readonly dataDir: string
  /** Where its output goes, for when it fails. */
  readonly logFile: string
  readonly setting: ServerSetting
  /** Where it is to leave CPU profiles when it ends; only ours can. */
  readonly profileDir: string | undefined
}

/** A kind of server that the bench can start. */
export interface ServerKind {
  readonly id: ServerId
  readonly label: string
  /** Whether it holds documents at all; a floor does not. */
  readonly holdsContent: boolean
  /** Whether it keeps them over a restart. */
  readonly persistent: boolean
  /** Why it cannot be measured here, or undefined. */
  missing(): string | undefined
  start(how: Start): Promise<RunningServer>
}

/** What stands in a column without being a server: a library, or a store. */
export function column(id: ServerId, label: string, missing: () => string | undefined = () => undefined): ServerKind {
  return {
    id,
    label,
    holdsContent: true,
    persistent: false,
    missing,
    start: () => Promise.reject(new Error(`${label} is not a server`)),
  }
}
