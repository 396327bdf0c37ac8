// Hocuspocus with its defaults, on a port of its own choosing; with SQLite when a file is named.
import { Server } from '@hocuspocus/server'

const file = process.argv[2]
const extensions = []
if (file !== undefined) {
  const { SQLite } = await import('@hocuspocus/extension-sqlite')
  extensions.push(new SQLite({ database: file }))
}
const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, extensions })
await server.listen()
console.log(`listening on 127.0.0.1:${server.address.port}`)
