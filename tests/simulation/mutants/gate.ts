import type { Mutant } from './mutant.ts'

const gate = 'packages/core/src/document/gate.ts'

/** Bugs of the gate and of what it lets into the state. */
export const gateMutants: readonly Mutant[] = [
  {
    name: 'gate-takes-gaps',
    what: 'what a client did is taken without what it did before',
    file: gate,
    find: 'if (clock > reached) return',
    replace: 'if (false) return',
    foundAt: 30,
  },
  {
    name: 'gate-takes-unknown-neighbours',
    what: 'what is written beside something unknown is taken',
    file: gate,
    find: 'if (i === undefined) return this.#block(missing(`what client ${client} did`))',
    replace: 'if (i === undefined) return reachedTarget',
    foundAt: 24,
  },
  {
    name: 'gate-takes-future-deletions',
    what: 'what is not there yet can be deleted',
    file: gate,
    find: 'if (clock + length > this.#reached(client)) this.#block',
    replace: 'if (false) this.#block',
    foundAt: 25,
  },
  {
    name: 'deletions-forgotten',
    what: 'the state does not remember what is deleted',
    file: 'packages/core/src/document/doc-state.ts',
    find: 'this.deleted.addAll(deletes)',
    replace: 'void deletes',
    foundAt: 1,
  },
]
