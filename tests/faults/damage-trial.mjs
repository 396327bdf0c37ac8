// Reads a whole store and tells what it read, in a process of its own: a store that ends it is a finding of the test.
// node damage-trial.mjs <bundle> <folder>
import { createHash } from 'node:crypto'

const [bundle, folder] = process.argv.slice(2)
const { openLevelLog, systemEnv } = await import(bundle)

const digest = value => {
  const plain = JSON.stringify(value, (_, part) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('base64') : part,
  )
  return createHash('sha256').update(plain).digest('hex').slice(0, 16)
}

const report = { refused: null, findings: [], listed: [], documents: {} }
try {
  const log = await openLevelLog(folder, systemEnv, { scanMs: 10_000 })
  report.findings = log.findings
  for await (const summary of log.list()) report.listed.push(summary)
  const names = new Set([...report.listed.map(({ doc }) => doc), ...process.argv.slice(4)])
  for (const doc of names) {
    const { findings, ...opened } = await log.open(doc)
    const history = await log.history(doc, 1, opened.head).then(digest, error => `refused: ${error.code}`)
    const append = await log
      .append(doc, opened.epoch ?? 'new', [
        {
          bytes: Uint8Array.of(1),
          at: 1,
          base: opened.head,
          author: { subject: '', device: '', session: '' },
          counter: 0,
        },
      ])
      .then(
        () => 'accepted',
        error => error.code,
      )
    report.documents[doc] = { head: opened.head, digest: digest(opened), history, findings, append }
  }
  await log.close()
} catch (error) {
  report.refused = { code: error.code ?? 'none', message: error.message }
}
process.stdout.write(JSON.stringify(report))
