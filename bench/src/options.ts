import { parseArgs } from 'node:util'
import type { ServerId } from './scenario.ts'
import { serverKinds } from './servers/index.ts'

const known: readonly ServerId[] = serverKinds.map(kind => kind.id)

/** What the command line asked for. */
export interface Options {
  /** Scenario ids; all of them when empty. */
  readonly only: readonly string[]
  readonly servers: readonly ServerId[]
  readonly runs: number
  /** Short windows; results go to `bench/.peers/quick` instead of the published table. */
  readonly quick: boolean
  /** Whether filled data folders of peers may be taken from an earlier invocation. */
  readonly reuse: boolean
  readonly list: boolean
  /** Adds runs to those that the same commit has already. */
  readonly add: boolean
  /** Where results go instead. */
  readonly out: string | undefined
  /** Folders with results to put together, instead of measuring. */
  readonly merge: readonly string[]
  /** Only write the page and its plots again. */
  readonly page: boolean
  /** Profile our server instead of measuring. */
  readonly profile: boolean
}

/** How to call the bench. */
export const usage: string = `npm run bench -- [--only fan-out,idle] [--servers tutti,yws,hocus-sqlite] [--runs 3] [--quick] [--fresh] [--add] [--out folder]
npm run bench -- --profile [--only fan-out]
npm run bench -- --merge folder,folder | --page | --list

  --only     scenarios to run (default: all)
  --servers  servers to run beside each other (default: all of ${known.join(', ')})
  --runs     runs of each; the table shows medians (default 3, with --quick 1)
  --quick    short windows and small counts, written to bench/.peers/quick: for trying, never for publishing
  --fresh    fill the peers' stores again instead of using the ones an earlier invocation filled
  --add      keep the runs that the same commit has already and add to them, so that a long bench can be done in rounds
  --out      folder for RESULTS.md, plots and results.json instead of bench
  --profile  run each scenario once on ours alone, write CPU profiles to bench/.peers/profiles, and put the largest costs
             beside the figures that are there
  --merge    put results of other folders into this one, the latest of each scenario, and write the page
  --page     write the page and the plots again from results.json
  --list     name the scenarios and how long each takes
`

/** Reads the command line. Throws with a message fit for a person. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      servers: { type: 'string', multiple: true },
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      out: { type: 'string' },
      merge: { type: 'string', multiple: true },
      page: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      add: { type: 'boolean', default: false },
    },
  })
  const servers = words(values.servers).map(word => {
    const found = known.find(id => id === word)
    if (found === undefined) throw new Error(`no server called ${word}; there are ${known.join(', ')}`)
    return found
  })
  const runs = Number(values.runs ?? (values.quick ? 1 : 3))
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs must be a whole number above 0, not ${values.runs}`)
  return {
    only: words(values.only),
    servers: servers.length === 0 ? known : servers,
    runs,
    quick: values.quick,
    reuse: !values.fresh,
    list: values.list,
    add: values.add,
    out: values.out,
    merge: words(values.merge),
    page: values.page,
    profile: values.profile,
  }
}

function words(values: readonly string[] | undefined): readonly string[] {
  return (values ?? []).flatMap(value => value.split(',')).filter(word => word !== '')
}
