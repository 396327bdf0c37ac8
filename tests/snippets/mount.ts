// snippet:mount
import { serve } from '@hono/node-server'
import { createRelay } from '@tutti/server'
import { Hono } from 'hono'

const relay = await createRelay({ data: './data', jwtSecret: process.env['JWT_SECRET'] ?? '' })

const app = new Hono()
app.get('/', c => c.text('my app'))
app.mount('/collab', relay.fetch)

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
server.on('upgrade', (request, socket, head) => {
  const path = /^\/collab(\/.*)$/.exec(request.url ?? '')?.[1]
  if (path === undefined) return socket.destroy()
  request.url = path
  relay.upgrade(request, socket, head)
})
// end

export { relay, server }
