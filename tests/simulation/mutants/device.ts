import type { Mutant } from './mutant.ts'

const writer = 'packages/client/src/sync/device-writer.ts'

/** Bugs between the client and the storage of its device, and between the tabs that share it. */
export const deviceMutants: readonly Mutant[] = [
  {
    name: 'failed-writes-count-as-stored',
    what: 'edits the device refused are said to be on it',
    file: writer,
    find: 'return changed([...this.#own], false)',
    replace: `const failed = [...this.#own]
      this.#own.clear()
      return changed(failed, false)`,
    foundAt: 20,
  },
  {
    name: 'said-before-stored',
    what: 'edits are said to be on the device while they are being written',
    file: writer,
    find: 'return this.#own.size === 0',
    replace: 'return this.#running !== null || this.#own.size === 0',
    foundAt: 37,
  },
  {
    name: 'shown-counts-as-stored',
    what: 'what another tab could not store is taken for stored because it is shown',
    file: 'packages/client/src/sync/live-document.ts',
    find: 'this.hasBorrowed = true',
    replace: '',
    foundAt: 32,
  },
  {
    name: 'position-before-content',
    what: 'the device notes how far it is before it has what comes up to there',
    file: writer,
    find: 'await log.appendRemote(doc, epoch, bytes, position, after)',
    replace: `await log.appendRemote(doc, epoch, noBytes, position, after)
      await log.appendRemote(doc, epoch, bytes, position, position)`,
    foundAt: 6,
  },
  {
    name: 'followers-do-not-keep',
    what: 'a tab that does not lead forgets what the server sent, and leads later',
    file: writer,
    find: 'this.#stretches.push({ epoch, bytes: bytes.slice(), position, after })',
    replace: `if (!this.#options.isLeader()) return
    this.#stretches.push({ epoch, bytes: bytes.slice(), position, after })`,
    foundAt: 62,
  },
  {
    name: 'orphans-left-behind',
    what: 'nobody sends what a tab left behind that ended',
    file: 'packages/client/src/sync/orphans.ts',
    find: 'if (!tab.isLeader || copy.pending.length === 0) return',
    replace: 'if (tab !== null) return',
    foundAt: 2,
  },
  {
    name: 'acknowledged-by-itself',
    what: 'the device counts edits as acknowledged that the server has not confirmed',
    file: writer,
    find: 'edits.map(({ number, bytes, base }) => ({ counter: number, bytes, base })),\n      )',
    replace: `edits.map(({ number, bytes, base }) => ({ counter: number, bytes, base })),
      )
      if (edits.length > 1) await log.acknowledge(doc, session, (edits.at(-1) as OutgoingEdit).number)`,
    foundAt: 6,
  },
]
