import type { DocumentSummary } from '@tutti/core'
import type { Command } from 'commander'
import { effectiveConfig, withConfig } from './configured.ts'
import { Progress } from './progress.ts'
import { readingStore } from './stored.ts'
import { table } from './table.ts'

interface ListOptions {
  readonly prefix?: string
  readonly json?: boolean
}

/** `tutti documents list` */
export function addDocumentsList(documents: Command): void {
  const command = documents
    .command('list')
    .description('every document, and what compaction has left to do')
    .option('--prefix <text>', 'only names that begin so')
    .option('--json', 'a line of JSON for each')
  withConfig(command, ['data']).action(async () => {
    const { prefix = '', json = false } = command.opts<ListOptions>()
    const progress = new Progress('documents')
    const rows = await readingStore(effectiveConfig(command).config.data, async log => {
      const found: DocumentSummary[] = []
      for await (const summary of log.list()) {
        progress.step()
        if (!summary.doc.startsWith(prefix)) continue
        if (json) console.log(JSON.stringify(summary))
        else found.push(summary)
      }
      for (const { message } of log.findings) console.error(`tutti: damaged: ${message}`)
      return found
    })
    progress.end()
    if (json) return
    const cells = rows.map(
      row => [row.doc, row.head, row.tailEntries, row.tailBytes, row.deleted === null ? '' : 'deleted'] as const,
    )
    console.log(table(['document', 'entries', 'not compacted', 'bytes of those', ''], cells))
    console.log(`${rows.length} ${rows.length === 1 ? 'document' : 'documents'}`)
  })
}
