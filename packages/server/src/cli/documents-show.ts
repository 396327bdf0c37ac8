import type { DocName, OpenedDocument } from '@tutti/core'
import type { Command } from 'commander'
import { foldStored } from '../room/fold-stored.ts'
import { effectiveConfig, withConfig } from './configured.ts'
import { exitCodes } from './exit.ts'
import { documentName, openStored, readingStore } from './stored.ts'
import { table } from './table.ts'

/** `tutti documents show <name>`: ends with 1 where something is wrong with it. */
export function addDocumentsShow(documents: Command): void {
  const command = documents
    .command('show')
    .argument('<name>', 'the document')
    .description('what is stored of one document, and whether it is whole')
    .option('--json', 'as JSON')
  withConfig(command, ['data']).action(async (text: string) => {
    const doc = documentName(text)
    const facts = await readingStore(effectiveConfig(command).config.data, async log =>
      factsOf(doc, await openStored(log, doc)),
    )
    if (command.opts<{ json?: boolean }>().json === true) console.log(JSON.stringify(facts, null, 2))
    else {
      const { findings, ...rest } = facts
      console.log(
        table(
          ['what', 'is'],
          Object.entries(rest).map(([name, value]) => [inWords(name), String(value ?? 'none')]),
        ),
      )
      for (const { message } of findings) console.log(`damaged: ${message}`)
    }
    if (facts.findings.length > 0) process.exitCode = exitCodes.failed
  })
}

function factsOf(doc: DocName, opened: OpenedDocument) {
  const { state } = foldStored(opened)
  const last = opened.entries.at(-1)
  const times = [opened.checkpoint?.at ?? 0, last?.at ?? 0]
  return {
    document: doc,
    epoch: opened.epoch,
    deleted: opened.deleted === null ? null : new Date(opened.deleted.at).toISOString(),
    entries: opened.head,
    compactedUpTo: opened.checkpoint?.seq ?? 0,
    contentBytes: state.durable.diff().length,
    authors: state.durable.stateVector().size,
    lastStored: Math.max(...times) > 0 ? new Date(Math.max(...times)).toISOString() : null,
    lastAuthor: last?.author.subject ?? null,
    digest: state.durable.digest(),
    findings: opened.findings,
  }
}

function inWords(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
