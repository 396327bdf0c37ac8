// snippet:embed
import { createServer } from '@tutti/server'

const server = await createServer({ port: 0, data: './data' })
console.log(server.url)
await server.close()
// end
