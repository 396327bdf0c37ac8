// snippet:mount-node
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createRelay } from '@tutti/server'

const relay = await createRelay({
  data: './data',
  authorize: {
    identify: token => (token === 'the guest list' ? { subject: 'guest' } : null),
    permit: (_identity, doc) => (doc.startsWith('public/') ? 'write' : null),
  },
})
const answer = getRequestListener(relay.fetch)
const server = createServer((request, response) => {
  if (request.url === '/hello') response.end('my app')
  else void answer(request, response)
})
server.on('upgrade', relay.upgrade)
server.listen(0, '127.0.0.1')

async function stop(): Promise<void> {
  server.close()
  await relay.close() // clients are told to come back, what was accepted is on the disk
}
// end

export { relay, server, stop }
