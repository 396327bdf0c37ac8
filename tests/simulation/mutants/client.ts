import type { Mutant } from './mutant.ts'

const member = 'packages/client/src/sync/document-member.ts'
const uploader = 'packages/client/src/sync/uploader.ts'
const rebuilding = 'packages/client/src/sync/rebuilding.ts'

/** Bugs of the client's talk with the server. */
export const clientMutants: readonly Mutant[] = [
  {
    name: 'nothing-sent-again',
    what: 'after a reconnect pending edits are not sent again',
    file: member,
    find: `this.#uploader.upload()
    // What came`,
    replace: `this.#talk.go({ kind: 'live' })
    // What came`,
    foundAt: 1,
  },
  {
    name: 'under-way-is-forgotten',
    what: 'what was under way when the connection broke is no longer pending',
    file: member,
    find: 'this.#talk.terms = null\n    this.loseChannel()',
    replace: `this.#talk.terms = null
    this.#outbox.remove(this.#outbox.all)
    this.loseChannel()`,
    foundAt: 1,
  },
  {
    name: 'any-ack-is-for-all',
    what: 'an acknowledgement takes everything for saved that is pending',
    file: 'packages/client/src/sync/outbox.ts',
    find: '(free[size] as OutgoingEdit).counter <= counter) size++',
    replace: '(free[size] as OutgoingEdit).counter <= counter + 1_000) size++',
    foundAt: 19,
  },
  {
    name: 'refused-and-forgotten',
    what: 'what a full store refuses is no longer pending, and nobody is told',
    file: uploader,
    find: "if (code === 'store-unavailable') return",
    replace: `if (code === 'store-unavailable') this.#outbox.remove(this.#outbox.all)
    if (code === 'store-unavailable') return`,
    foundAt: 10,
  },
  {
    name: 'saved-when-received',
    what: 'what the server has received counts as saved',
    file: member,
    find: 'this.#outbox.received(message.counter)',
    replace: 'this.#acknowledged(message.counter, 0)',
    foundAt: 3,
  },
  {
    name: 'says-saved-when-received',
    what: 'people are told "saved" when the server has received it',
    file: 'packages/client/src/sync/saving-state.ts',
    find: 'if (atStake.edits > 0) return',
    replace: 'if (atStake.edits > 0 && !facts.isReceived) return',
    foundAt: 3,
  },
  {
    name: 'no-resync-after-a-refusal',
    what: 'after a gap in its counters a client goes on as if nothing were',
    file: uploader,
    find: 'resync: resync || !isNext',
    replace: 'resync',
    foundAt: 3,
  },
  {
    name: 'store-not-tried-again',
    what: 'after the store refused, the client waits for something that does not come',
    file: uploader,
    find: "this.#talk.go({ kind: 'store-unavailable', reason })",
    replace: "return this.#talk.go({ kind: 'stuck' })",
    foundAt: 85,
  },
  {
    name: 'silence-unnoticed',
    what: 'a connection that is open on one side only is held for ever',
    file: 'packages/client/src/connection/connection.ts',
    find: '>= silenceMs) this.#dispatch',
    replace: '>= 1_000 * silenceMs) this.#dispatch',
    foundAt: 23,
  },
  {
    name: 'half-a-turn',
    what: 'of the edits of one turn only the first is handed on',
    file: 'packages/client/src/sync/live-document.ts',
    find: 'this.#edited(mergeUpdates(this.#waiting.splice(0)))',
    replace: 'this.#edited(mergeUpdates(this.#waiting.splice(0).slice(0, 1)))',
    foundAt: 1,
  },
  {
    name: 'same-client-after-rebuilding',
    what: 'a document that was rebuilt without refused edits goes on writing as the same client',
    file: 'packages/client/src/sync/live-document.ts',
    find: 'this.#doc = emptyLike(this.#doc)',
    replace: `const { clientID } = this.#doc
    this.#doc = emptyLike(this.#doc)
    this.#doc.clientID = clientID`,
    foundAt: 162,
  },
  {
    name: 'rebuilt-without-what-is-pending',
    what: 'a document that is rebuilt loses the edits the device does not have yet',
    file: rebuilding,
    find: 'const updates = [...copy.updates, ...this.#options.outbox.all.map(edit => edit.bytes)]',
    replace: 'const { updates } = copy',
    foundAt: 1381,
  },
  {
    name: 'other-tabs-not-told',
    what: 'edits that one tab took back live on in the others',
    file: rebuilding,
    find: 'sync.tab.tellRewritten()',
    replace: '',
    foundAt: 101,
  },
]
