import type { Command } from 'commander'
import { effectiveConfig, withConfig } from './configured.ts'
import { exitCodes } from './exit.ts'

/** `tutti serve`: runs until told to stop. Prints one line on standard output when it is ready. */
export function addServe(program: Command): void {
  const command = program.command('serve', { isDefault: true }).description('run the relay (the default)')
  withConfig(command).action(async () => serve(command))
}

async function serve(command: Command): Promise<void> {
  const { config } = effectiveConfig(command)
  // Loaded here, so that the other commands answer at once.
  const { createServer } = await import('../create-server.ts')
  const server = await createServer(config)
  let stopping = false
  const stop = () => {
    // Asked twice: somebody is in a hurry.
    if (stopping) process.exit(exitCodes.failed)
    stopping = true
    server.close().then(
      () => process.exit(exitCodes.done),
      (error: unknown) => {
        console.error(`tutti: did not stop cleanly: ${String(error)}`)
        process.exit(exitCodes.failed)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  console.log(`tutti listening on ${server.url}`)
}
