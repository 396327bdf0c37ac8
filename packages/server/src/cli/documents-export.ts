import { writeFileSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { foldStored } from '../room/fold-stored.ts'
import { effectiveConfig, withConfig } from './configured.ts'
import { exitCodes, UsageError } from './exit.ts'
import { documentName, openStored, readingStore } from './stored.ts'

interface ExportOptions {
  readonly format: 'update' | 'json'
  readonly output?: string
}

/** `tutti documents export <name>`: what can be read of a damaged one is written, and the command ends with 1. */
export function addDocumentsExport(documents: Command): void {
  const command = documents
    .command('export')
    .argument('<name>', 'the document')
    .description('write a document as one Yjs update (V1), or as JSON')
    .addOption(new Option('--format <format>', 'what to write').choices(['update', 'json']).default('update'))
    .option('--output <file>', 'where to; standard output without it')
  withConfig(command, ['data']).action(async (text: string) => {
    const { format, output } = command.opts<ExportOptions>()
    if (output === undefined && format === 'update' && process.stdout.isTTY) {
      throw new UsageError('an update is no text: name a file with --output, or pipe it into one')
    }
    const doc = documentName(text)
    const { update, findings } = await readingStore(effectiveConfig(command).config.data, async log => {
      const opened = await openStored(log, doc)
      return { update: foldStored(opened).state.durable.diff(), findings: opened.findings }
    })
    writeFileSync(output ?? process.stdout.fd, format === 'json' ? await jsonOf(update) : update)
    for (const { message } of findings) console.error(`tutti: damaged, written as far as it can be read: ${message}`)
    if (findings.length > 0) process.exitCode = exitCodes.failed
  })
}

async function jsonOf(update: Uint8Array): Promise<string> {
  const Y = await import('yjs')
  const { readDocument } = await import('../content/read-json.ts')
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return `${JSON.stringify(readDocument(doc), null, 2)}\n`
}
