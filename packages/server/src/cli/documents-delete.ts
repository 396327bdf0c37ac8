import { createInterface } from 'node:readline/promises'
import { systemEnv } from '@tutti/core'
import type { Command } from 'commander'
import { effectiveConfig, withConfig } from './configured.ts'
import { UsageError } from './exit.ts'
import { documentName, openStored, readingStore } from './stored.ts'

/**
 * `tutti documents delete <name>`: for good, or, with `--let-go`, so that devices which still have it bring it back: what
 * heals a document that is damaged here. Asks first, unless it was told not to.
 */
export function addDocumentsDelete(documents: Command): void {
  const command = documents
    .command('delete')
    .argument('<name>', 'the document')
    .description('delete a document with all of its history, for good')
    .option('--let-go', 'let devices that still have it bring it back: for a document that is damaged here')
    .option('--yes', 'do not ask')
  withConfig(command, ['data']).action(async (text: string) => {
    const doc = documentName(text)
    const { data } = effectiveConfig(command).config
    // Looked up in a copy, so that a name mistyped opens nothing for writing.
    const entries = await readingStore(data, async log => (await openStored(log, doc)).head)
    const { yes = false, letGo = false } = command.opts<{ yes?: boolean; letGo?: boolean }>()
    const fate = letGo ? 'here' : 'for good'
    if (!yes && !(await isMeant(`Delete ${doc} and its ${entries} entries ${fate}?`))) return
    const { openLevelLog } = await import('../log/open-level-log.ts')
    const log = await openLevelLog(data, systemEnv)
    try {
      await log.remove(doc, letGo ? 'let-go' : 'for-good')
    } finally {
      await log.close()
    }
    console.log(`deleted ${doc}: ${entries} entries`)
  })
}

async function isMeant(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('nobody is there to be asked: say --yes if it is meant')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test(await asking.question(`${question} [y/N] `))
  } finally {
    asking.close()
  }
}
