import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Server } from './server.ts'

export interface Cut {
  /** Counted from 1. */
  readonly at: number
  /** Whether the registry still gets the request whose answer the client will never see. */
  readonly when: 'before' | 'after'
  /** Runs in place of the answer. */
  readonly strike: () => void
}

export interface CuttingProxy extends AsyncDisposable {
  /** `localhost:<port>`: the registry under another name. */
  readonly host: string
  /** `METHOD /path` of every request so far. */
  readonly requests: readonly string[]
}

/** A registry seen through a proxy that strikes at one request and breaks its connection. */
export async function startCuttingProxy(upstream: Server, cut?: Cut): Promise<CuttingProxy> {
  const requests: string[] = []
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`)
    const struck = requests.length === cut?.at ? cut : undefined
    if (struck?.when === 'before') {
      struck.strike()
      incoming.destroy()
    } else forward(upstream, incoming, outgoing, struck)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    host: `localhost:${address.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The host header stays, so that the registry names upload locations behind the proxy. */
function forward(
  upstream: Server,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  cut: Cut | undefined,
): void {
  const { method, url: path, headers } = incoming
  const onward = request({ host: '127.0.0.1', port: upstream.port, method, path, headers }, answer => {
    if (cut === undefined) {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    } else {
      answer.resume().once('end', () => {
        cut.strike()
        outgoing.destroy()
      })
    }
  })
  onward.once('error', () => outgoing.destroy())
  incoming.pipe(onward)
}
