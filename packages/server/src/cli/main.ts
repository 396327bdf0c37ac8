import { Command, Option } from 'commander'
import { serve } from './serve.ts'

const program = new Command('tutti').description(
  'A self-hosted relay for Yjs documents that never loses what it called saved.',
)

program
  .command('serve', { isDefault: true })
  .description('run the relay (the default)')
  .addOption(new Option('--host <address>', 'address to listen on (default 127.0.0.1)').env('TUTTI_HOST'))
  .addOption(new Option('--port <number>', 'port to listen on; 0 picks a free one (default 1234)').env('TUTTI_PORT'))
  .addOption(new Option('--data <folder>', 'folder of the durable store (default ./data)').env('TUTTI_DATA'))
  .addOption(new Option('--site <folder>', 'a site to serve at /').env('TUTTI_SITE'))
  .addOption(
    new Option('--allow-anonymous', 'listen beyond loopback though nobody has to say who they are').env(
      'TUTTI_ALLOW_ANONYMOUS',
    ),
  )
  .addOption(
    new Option('--origins <origins...>', 'web origins that may connect besides this server').env('TUTTI_ORIGINS'),
  )
  .addOption(new Option('--max-connections <number>', 'connections at once').env('TUTTI_MAX_CONNECTIONS'))
  .addOption(new Option('--idle-ms <ms>', 'how long a document nobody has open stays in memory').env('TUTTI_IDLE_MS'))
  .addOption(new Option('--sweep-ms <ms>', 'how often documents are looked over for compaction').env('TUTTI_SWEEP_MS'))
  .addOption(
    new Option('--compact-after-entries <number>', 'entries after which a document is compacted').env(
      'TUTTI_COMPACT_AFTER_ENTRIES',
    ),
  )
  .addOption(new Option('--log-level <level>', 'debug, info, warn, error or silent').env('TUTTI_LOG_LEVEL'))
  .action(serve)

await program.parseAsync()
