/** What a scenario is: some phases that load a server from a process of their own, and a script that orders them. */
import type { Dialect, DialectId } from './load/dialect.ts'
import type { Target } from './load/client.ts'

/** What stands in a column: `tutti` is ours spoken to in the stock wire, as the peers are; `tutti-native` the same in its own wire. */
export type ServerId =
  | 'tutti'
  | 'tutti-native'
  | 'yws'
  | 'yws-leveldb'
  | 'hocus'
  | 'hocus-sqlite'
  | 'y-indexeddb'
  | 'y-doc'
  | FloorId

/** What the machine itself costs: a bare `ws` broadcast, grouped appends to LevelDB, grouped appends to a file. */
export type FloorId = 'ws-floor' | 'level-floor' | 'file-floor'

export const floorIds: readonly FloorId[] = ['ws-floor', 'level-floor', 'file-floor']

/** Measured figures by name. A figure that a server cannot give is left out. */
export type Measures = Readonly<Record<string, number>>

export type Params = Readonly<Record<string, number | string | boolean>>

/** What a phase is given inside the load generator. */
export interface PhaseContext {
  readonly target: Target
  readonly dialect: Dialect
  readonly params: Params
  /** A numeric parameter; throws when the script forgot it. */
  number(name: string): number
}

/** One piece of load. It closes every connection it opened before it returns. */
export type Phase = (context: PhaseContext) => Promise<Measures>

/** A server process under measurement. */
export interface RunningServer {
  readonly target: Target
  readonly dialect: DialectId
  /** Ends it: politely with SIGTERM, and for good after five seconds; or with SIGKILL at once. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** What a scenario's script works with: one server kind, one data folder, one load generator. */
export interface Bench {
  readonly server: ServerId
  /** Whether it holds documents at all: a floor only passes bytes on, so nothing can be proved of it. */
  readonly holdsContent: boolean
  /** Whether this server keeps documents over a restart. */
  readonly persistent: boolean
  /** Short windows and small counts: for trying, never for publishing. */
  readonly quick: boolean
  /** Picks by scale. */
  scaled<T>(full: T, quick: T): T
  readonly dataDir: string
  /** Starts the server on the data folder. `setting` is a named variation that a server kind may know. */
  start(setting?: ServerSetting): Promise<RunningServer>
  /** Runs a phase of this scenario in the load generator against that server. */
  load(server: RunningServer, phase: string, params: Params): Promise<Measures>
  /** Forgets what is stored; no server may be running. */
  emptyData(): void
  /** Keeps a copy of the data folder under a key, or brings it back. Used where filling a server takes a minute. */
  keepData(key: string): void
  restoreData(key: string): boolean
}

export type ServerSetting = 'default' | 'never-compact' | 'compact-often' | 'compact-at-once'

/** A: reached or mended before anything else is built. B: aimed at, where the floor allows it. */
export type GoalLevel = 'A' | 'B'

/** What must hold between ours and a peer, or for ours alone. Level A unless it says B. */
export type Goal =
  | { readonly kind: 'ratio'; readonly peer: ServerId; readonly atLeast: number; readonly level?: GoalLevel }
  | {
      readonly kind: 'ratio'
      readonly peer: ServerId | 'better-peer'
      readonly atMost: number
      readonly level?: GoalLevel
    }
  | { readonly kind: 'absolute'; readonly atMost: number; readonly level?: GoalLevel }

/** A line of the result table. */
export interface Row {
  readonly measure: string
  readonly title: string
  readonly unit: string
  /** Which way is good. */
  readonly better: 'higher' | 'lower'
  readonly goals: readonly Goal[]
  /**
   * By which share a ratio to a peer or floor may fall before `bench:compare` fails: 0.15 on rows with a goal unless
   * this says otherwise. Rows without a goal are watched only when they name a margin.
   */
  readonly margin?: number
}

/** Figures over sizes, drawn as lines. The figure of size 100 of the line `cpu` is the measure `cpu@100`. */
export interface Curve {
  readonly id: string
  readonly title: string
  readonly xTitle: string
  readonly yTitle: string
  /** Both axes logarithmic, so that a straight line is a power and its slope the exponent. */
  readonly log: boolean
  readonly lines: readonly {
    readonly measure: string
    readonly title: string
    /** Whether the figure has nothing to do with a server, so that none is named. */
    readonly ofNobody?: boolean
  }[]
}

export interface Scenario {
  readonly id: string
  readonly title: string
  /** One or two sentences under the table: what exactly was done. */
  readonly method: string
  readonly rows: readonly Row[]
  readonly servers: readonly ServerId[]
  readonly curves?: readonly Curve[]
  /** About how long one run over all of its servers takes on the 2-core machine the results come from. */
  readonly seconds: number
  readonly phases: Readonly<Record<string, Phase>>
  run(bench: Bench): Promise<Measures>
}

export const allServers: readonly ServerId[] = ['tutti', 'tutti-native', 'yws', 'yws-leveldb', 'hocus', 'hocus-sqlite']
