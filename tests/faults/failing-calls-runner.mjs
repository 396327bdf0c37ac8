// Lives with one fault after the other, each in a copy of a store; a line for each. The process may die of one.
// node failing-calls-runner.mjs <bundle> <folder> <control file> <trials as JSON>
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'

const [bundle, folder, controlFile, trials] = process.argv.slice(2)
const { liveWith } = await import(bundle)
const control = openSync(controlFile, 'r+')

/** The numbers of the control file; those that count are only read. */
const put = numbers => writeSync(control, Buffer.from(Uint32Array.from(numbers).buffer), 0, numbers.length * 4, 0)
const get = () => {
  const numbers = new Uint32Array(15)
  readSync(control, numbers, 0, numbers.byteLength, 0)
  return { failed: numbers[5], each: [...numbers.subarray(6)] }
}

for (const trial of JSON.parse(trials)) {
  const { number, from, kinds, k, forever, error, ends } = trial
  const store = join(folder, `trial-${number}`)
  await cp(join(folder, from), store, { recursive: true })
  put(new Array(15).fill(0))
  const fault = { start: () => put([kinds, k, forever ? 1 : 0, error]), end: () => put([0]) }
  writeSync(1, `${JSON.stringify({ number })}\n`)
  const report = await liveWith(store, fault, ends)
  writeSync(1, `${JSON.stringify({ number, report, ...get() })}\n`)
  await rm(store, { recursive: true, force: true })
}
closeSync(control)
