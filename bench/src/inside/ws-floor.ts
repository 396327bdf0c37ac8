/**
 * A server that is as little as a server can be: `ws`, rooms by path, and every update sent on to the others of its
 * room, one `send` each. It stores nothing, checks nothing and answers every newcomer with an empty document. What it
 * costs is what sockets cost.
 */
import { createServer } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'

const emptyAnswer = Uint8Array.of(0, 1, 2, 0, 0)
const rooms = new Map<string, Set<WebSocket>>()

const http = createServer((_request, response) => response.end('floor'))
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })

sockets.on('connection', (socket, request) => {
  const path = request.url ?? '/'
  const room = rooms.get(path) ?? new Set()
  rooms.set(path, room.add(socket))
  socket.on('message', (data: Buffer) => {
    if (data[0] !== 0) return
    if (data[1] === 0) socket.send(emptyAnswer)
    else for (const other of room) if (other !== socket) other.send(data)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    room.delete(socket)
    if (room.size === 0) rooms.delete(path)
  })
})

http.listen(0, '127.0.0.1', () => {
  const address = http.address()
  process.stdout.write(`listening on 127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`)
})
