import type { Mutant } from './mutant.ts'

const storeCheckpoint = 'packages/server/src/log/store-checkpoint.ts'

/** Bugs of compaction: folding, and letting go of what was folded. */
export const checkpointMutants: readonly Mutant[] = [
  {
    name: 'checkpoint-after-the-fold',
    what: 'a checkpoint claims the position of its end, not that of what was folded',
    file: 'packages/server/src/compaction/compact-room.ts',
    find: 'seq: at, bytes',
    replace: 'seq: room.head, bytes',
    foundAt: 19,
  },
  {
    name: 'entries-retired-first',
    what: 'entries are deleted before the head names the checkpoint that holds them',
    file: storeCheckpoint,
    find: 'const count = checkpointCount + 1',
    replace: `await store.changing(() => db.clear({ gte: entryKey(docNo, 0), lt: entryKey(docNo, fold.tailFrom) }))
  const count = checkpointCount + 1`,
    foundAt: 814,
  },
  {
    name: 'tail-linked-to-what-is-gone',
    what: 'what follows a checkpoint is said to follow what the one before it followed',
    file: storeCheckpoint,
    find: 'document.checkpointLink = fold.link',
    replace: 'void fold.link',
    foundAt: 6,
  },
  {
    name: 'fold-forgets-what-came-since',
    what: 'edits that became durable during a fold leave memory with it',
    file: 'packages/server/src/room/room.ts',
    find: 'if (!since.every(bytes => addStored(folded, bytes))) return',
    replace: 'void since',
    foundAt: 320,
  },
]
