// A thread of its own: what it measures is the server, not whoever builds and sends the attack.
import { parentPort, workerData } from 'node:worker_threads'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

const { wsUrl, doc: name } = workerData
const question = Uint8Array.of(0, 0, 1, 0)
const felt = { longestAnswerMs: 0, longestEditMs: 0, edits: 0, text: '' }
const doc = new Y.Doc()
const seen = new Y.Doc()
let beats = true

/** The payload of each message of one stock connection that matters here. */
async function opened(path, hear) {
  const socket = new WebSocket(`${wsUrl}/${encodeURIComponent(path)}`)
  socket.on('message', frame => {
    if (frame[0] !== 0 || frame[1] === 0) return
    let at = 2
    while (frame[at] > 127) at++
    hear(frame[1], frame.subarray(at + 1))
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return socket
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
let wake = () => {}
let answered = () => {}
/** The question that is out. */
let asked = Promise.resolve()

const watcher = await opened(name, (_kind, update) => {
  Y.applyUpdate(seen, update)
  wake()
})
watcher.send(question)
const writer = await opened(name, () => {})
const asker = await opened(`${name} asked`, kind => kind === 1 && answered())
doc.on('update', update => {
  const head = [0, 2]
  for (let left = update.length; ; left >>>= 7) {
    head.push(left > 127 ? (left & 127) | 128 : left)
    if (left <= 127) break
  }
  writer.send(Buffer.concat([Uint8Array.from(head), update]))
})

async function type() {
  while (beats) {
    const from = performance.now()
    doc.getText('t').insert(felt.edits++, 'x')
    while (seen.getText('t').length < felt.edits) await new Promise(resolve => (wake = resolve))
    felt.longestEditMs = Math.max(felt.longestEditMs, performance.now() - from)
    await pause(5)
  }
}

async function ask() {
  while (beats) {
    const from = performance.now()
    const answer = new Promise(resolve => (answered = resolve))
    asker.send(question)
    asked = answer
    await answer
    felt.longestAnswerMs = Math.max(felt.longestAnswerMs, performance.now() - from)
    await pause(1)
  }
}

const running = [type(), ask()]
parentPort.on('message', word => void answer(word))
parentPort.postMessage('beating')

async function answer(word) {
  if (word === 'stop') {
    beats = false
    await Promise.all(running)
  }
  await asked
  await pause(0)
  parentPort.postMessage({ ...felt, text: seen.getText('t').toString() })
  felt.longestAnswerMs = 0
  felt.longestEditMs = 0
  if (word !== 'stop') return
  for (const socket of [watcher, writer, asker]) socket.terminate()
  parentPort.close()
}
