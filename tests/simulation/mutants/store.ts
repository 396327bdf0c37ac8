import type { Mutant } from './mutant.ts'

const levelStore = 'packages/server/src/log/level-store.ts'

/** Bugs below the log: commits, what happens when they fail, and what is told of them. */
export const storeMutants: readonly Mutant[] = [
  {
    name: 'ack-before-sync',
    what: 'a commit counts as durable before the disk has synced it',
    file: levelStore,
    find: 'await batch.write({ sync: true })',
    replace: 'await batch.write()',
    foundAt: 18,
  },
  {
    name: 'store-error-swallowed',
    what: 'jobs of a commit that failed are told that they are done',
    file: levelStore,
    find: 'job.refuse(refusal)',
    replace: 'job.done()',
    foundAt: 3,
  },
  {
    name: 'heads-noted-before-commit',
    what: 'the journal tells of heads that may never reach the disk',
    file: levelStore,
    find: 'await batch.write({ sync: true })',
    replace: `for (const [{ docNo, checkpointSeq }, { seq, link }] of commit.written) {
        this.journal.noteHead(docNo, seq, link, checkpointSeq)
      }
      this.journal.flush()
      await batch.write({ sync: true })`,
    foundAt: 18,
  },
  {
    name: 'positions-not-given-back',
    what: 'what is remembered of documents outlives a refused commit, and positions are skipped',
    file: 'packages/server/src/log/document-table.ts',
    find: 'this.#documents.clear()',
    replace: '',
    foundAt: 27,
  },
  {
    name: 'doubtful-not-trimmed',
    what: 'what landed of a refused commit stays, and its positions are given again',
    file: levelStore,
    find: 'await trimDoubtful(this.#db, this.#doubts.values())',
    replace: 'void trimDoubtful',
    foundAt: 27,
  },
  {
    name: 'goes-on-behind-a-torn-record',
    what: 'after a failed write the database is used as it is instead of being opened again',
    file: levelStore,
    find: `await this.#db.close()
      this.#db = await disk.openDatabase(false)`,
    replace: '',
    foundAt: 94,
  },
  {
    name: 'probe-without-reopening',
    what: 'the probe tries a write and never opens the store again',
    file: levelStore,
    find: 'await this.#gate.exclusively(() => this.#reopen())',
    replace: 'void this.#reopen',
    foundAt: 27,
  },
  {
    name: 'probe-always-well',
    what: 'the store is said to take writes again without having been asked',
    file: 'packages/server/src/room/store-health.ts',
    find: 'await this.#log.probe()',
    replace: 'await Promise.resolve()',
    foundAt: 27,
  },
  {
    name: 'read-error-is-never-written',
    what: 'a document whose name cannot be read for a moment is taken for one that does not exist',
    file: 'packages/server/src/log/stored-document.ts',
    find: 'return ifDamaged(undefined)(error)',
    replace: 'return ifDamaged(undefined) && undefined',
    foundAt: 415,
  },
  {
    name: 'link-not-carried-on',
    what: 'a record links to the one before the last',
    file: 'packages/server/src/log/commit-batch.ts',
    find: 'link = sealOf(run.record)',
    replace: 'void sealOf(run.record)',
    foundAt: 1,
  },
]
