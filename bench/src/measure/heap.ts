import { get } from 'node:http'
import { WebSocket } from 'ws'
import { pause } from './pause.ts'

/**
 * Bytes of JavaScript heap and of buffers that a Node server holds after a forced collection. Any Node process opens its
 * inspector when it is sent SIGUSR1, so this needs nothing of the server but that it was told on which port.
 */
export async function heldBytes(pid: number, inspectPort: number): Promise<number> {
  process.kill(pid, 'SIGUSR1')
  const socket = new WebSocket(await debuggerUrl(inspectPort))
  try {
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    // What only finalizers let go of is gone after the next round.
    for (let round = 0; round < 3; round += 1) await ask(socket, 'HeapProfiler.collectGarbage', {})
    const expression = '(m => m.heapUsed + m.external)(process.memoryUsage())'
    return (await ask(socket, 'Runtime.evaluate', { expression })).result?.value ?? Number.NaN
  } finally {
    socket.close()
  }
}

interface Answer {
  readonly result?: { readonly value?: number }
}

let asked = 0

function ask(socket: WebSocket, method: string, params: object): Promise<Answer> {
  asked += 1
  const id = asked
  return new Promise((resolve, reject) => {
    const listen = (data: Buffer): void => {
      const message = JSON.parse(data.toString()) as { id?: number; result?: Answer; error?: { message: string } }
      if (message.id !== id) return
      socket.off('message', listen)
      if (message.error === undefined) resolve(message.result ?? {})
      else reject(new Error(message.error.message))
    }
    socket.on('message', listen)
    socket.send(JSON.stringify({ id, method, params }))
  })
}

async function debuggerUrl(port: number): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const listed = await listing(port)
    const url = listed === undefined ? undefined : /"webSocketDebuggerUrl": "([^"]+)"/.exec(listed)?.[1]
    if (url !== undefined) return url
    await pause(25)
  }
  throw new Error('the server did not open its inspector')
}

function listing(port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const request = get({ host: '127.0.0.1', port, path: '/json/list', agent: false }, response => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve(text))
    })
    request.on('error', () => resolve(undefined))
  })
}
