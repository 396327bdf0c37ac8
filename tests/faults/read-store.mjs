// Reads a store and mends it, in a process of its own: a store that ends it is a finding of the test.
// node read-store.mjs <bundle> <folder> <file with documents and with what clients have of them>
import { readFileSync } from 'node:fs'

const [bundle, folder, asked] = process.argv.slice(2)
const { readStore } = await import(bundle)
const { docs, clients } = JSON.parse(readFileSync(asked, 'utf8'))
process.stdout.write(JSON.stringify(await readStore(folder, docs, clients)))
