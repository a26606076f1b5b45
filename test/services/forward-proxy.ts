import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect, type Socket } from 'node:net'

export interface ForwardProxy extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** `CONNECT host:port` and `GET http://…`, in order. */
  readonly requests: readonly string[]
}

export interface ForwardProxyOptions {
  /** `user:password` that must be given. */
  readonly login?: string
}

/** A proxy for HTTP and, by CONNECT, for TLS. Every host is on this machine, whatever it is called. */
export async function startForwardProxy({ login }: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`
  const admits = (given: string | undefined) => expected === undefined || given === expected
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`)
    if (!admits(incoming.headers['proxy-authorization'])) return void outgoing.writeHead(407).end()
    const url = new URL(incoming.url ?? '')
    const { method, headers } = incoming
    const path = url.pathname + url.search
    const onward = request({ host: '127.0.0.1', port: url.port, method, path, headers }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.once('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.on('connect', (incoming, socket: Socket) => {
    requests.push(`CONNECT ${incoming.url}`)
    socket.on('error', () => {})
    if (!admits(incoming.headers['proxy-authorization'])) {
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    }
    const port = Number(incoming.url?.split(':')[1])
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      onward.pipe(socket)
      socket.pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    for (const each of [socket, onward]) sockets.add(each)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://${login === undefined ? '' : `${login}@`}127.0.0.1:${address.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
