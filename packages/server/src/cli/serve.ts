import { z } from 'zod'
import { type ConfigInput } from '../config.ts'
import { createServer } from '../create-server.ts'

/** `tutti serve`: runs until told to stop. Prints one line on standard output when it is ready. */
export async function serve(options: ConfigInput): Promise<void> {
  const server = await createServer(options).catch((error: unknown) => {
    for (const line of explain(error)) console.error(`tutti: ${line}`)
    process.exit(1)
  })
  let stopping = false
  const stop = () => {
    // Asked twice: somebody is in a hurry.
    if (stopping) process.exit(1)
    stopping = true
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(`tutti: did not stop cleanly: ${String(error)}`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  console.log(`tutti listening on ${server.url}`)
}

/** Every mistake names the option, the value and what is allowed. */
function explain(error: unknown): readonly string[] {
  if (error instanceof z.ZodError) {
    return error.issues.map(issue => {
      const name = String(issue.path[0] ?? '').replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
      return `--${name}: ${issue.message}`
    })
  }
  return [error instanceof Error ? error.message : String(error)]
}
