// Microseconds per update in the gate, over a recorded editing session (or a generated one), after `npm run build`:
//   node scripts/measure-gate.js [path of @tutti/core's dist/index.js]
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import * as Y from 'yjs'

const repo = fileURLToPath(new URL('..', import.meta.url))
const entry = process.argv[2] ?? resolve(repo, 'packages/core/dist/index.js')
const { AcceptedState, judge, scanUpdate, wireLimits } = await import(pathToFileURL(resolve(entry)).href)

const file = resolve(process.env.TUTTI_TRACES ?? resolve(repo, '../shared/traces'), 'automerge-paper.json.gz')
const updates = typed(existsSync(file) ? recorded() : generated())
const options = { limits: wireLimits, mayExtend: () => true, takePart: false }

for (let round = 0; round < 3; round++) {
  const scanMs = time(() => {
    for (const bytes of updates) scanUpdate(bytes, wireLimits)
  })
  const state = new AcceptedState()
  const wholeMs = time(() => {
    for (const bytes of updates) {
      const scan = scanUpdate(bytes, wireLimits)
      const verdict = scan.ok ? judge(state, scan.value, options) : null
      if (verdict?.kind !== 'new') throw new Error('an honest edit was not taken')
      state.accept(verdict.update)
      state.settle(verdict.update)
    }
  })
  const each = ms => `${((ms * 1000) / updates.length).toFixed(2)} µs`
  console.log(`${updates.length} updates: scan ${each(scanMs)}, scan + judge + accept + settle ${each(wholeMs)}`)
}

function time(work) {
  const from = performance.now()
  work()
  return performance.now() - from
}

function recorded() {
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')).txns.map(txn => txn.patches)
}

/** A session without a recording: mostly typing on, some moves and deletions. */
function generated() {
  const patches = []
  let length = 0
  let at = 0
  for (let i = 0; i < 100_000; i++) {
    if (i % 40 === 0) at = (i * 7919) % (length + 1)
    const removes = i % 5 === 0 && at > 0
    patches.push([removes ? [--at, 1, ''] : [at++, 0, 'x']])
    length += removes ? -1 : 1
  }
  return patches
}

function typed(session) {
  const doc = new Y.Doc()
  doc.clientID = 0x2fd41b03
  const text = doc.getText('text')
  const updates = []
  doc.on('update', update => updates.push(update))
  for (const patches of session) {
    doc.transact(() => {
      for (const [at, removed, inserted] of patches) {
        if (removed > 0) text.delete(at, removed)
        if (inserted !== '') text.insert(at, inserted)
      }
    })
  }
  return updates
}
