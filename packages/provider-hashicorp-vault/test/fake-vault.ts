import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import { type FakeAuth, fakeAuth } from './fake-auth.ts'
import { type FakeTransit, fakeTransit } from './fake-transit.ts'
import { Refused } from './transit-key.ts'

export type Operation = 'open' | 'sign' | 'list' | 'create' | 'token' | 'log-in'

/** What meets a request instead of its answer. */
export type Effect = (request: { readonly answer: () => Answer; readonly response: ServerResponse }) => void

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface FakeVault extends AsyncDisposable {
  readonly url: string
  readonly auth: FakeAuth
  /** Engines by namespace and mount: `team/transit`. */
  readonly engines: Map<string, FakeTransit>
  readonly transit: FakeTransit
  /** Paths, with their methods, in order of arrival; headers of the last. */
  readonly requests: string[]
  lastHeaders: IncomingMessage['headers']
  connections(): number
  /** Meets the next `count` requests of some operations. @returns How to end it. */
  inject(operations: readonly Operation[], effect: Effect, count?: number): () => void
}

/** The HTTP API of Vault on loopback: transit, tokens, log-ins and namespaces, so far as a signer sees them. */
export async function fakeVault(tls?: SecureContextOptions & TlsOptions): Promise<FakeVault> {
  const auth = fakeAuth()
  const transit = fakeTransit()
  const engines = new Map([['transit', transit]])
  const requests: string[] = []
  const faults = new Set<{ operations: readonly Operation[]; effect: Effect; count: number }>()
  const sockets = new Set<Socket>()

  const listener: RequestListener = async (request, response) => {
    const path = request.url!.replace(/^\/v1\//, '')
    requests.push(`${request.method} ${path}`)
    fake.lastHeaders = request.headers
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return
    }
    const text = Buffer.concat(chunks).toString()
    const answer = () => answerTo(request, path, text === '' ? {} : JSON.parse(text))
    const operation = operationOf(request.method!, path)
    const fault = [...faults].find(({ operations, count }) => count > 0 && operations.includes(operation!))
    if (fault === undefined) return reply(response, answer())
    fault.count--
    fault.effect({ answer, response })
  }

  function answerTo(request: IncomingMessage, path: string, body: Record<string, unknown>): Answer {
    try {
      const { data, auth: granted } = resultOf(request, path, body) ?? {}
      if (data === undefined && granted === undefined) return { status: 204, body: undefined }
      return { status: 200, body: { request_id: 'a-request-id', data: data ?? null, auth: granted ?? null } }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return { status: error.status, body: { errors: error.message === '' ? [] : [error.message] } }
    }
  }

  function resultOf(
    request: IncomingMessage,
    path: string,
    body: Record<string, unknown>,
  ): { data?: unknown; auth?: unknown } | undefined {
    if (request.headers['x-vault-request'] !== 'true') throw new Refused(412, 'missing X-Vault-Request')
    const logIn = /^auth\/(.+)\/login$/.exec(path)
    if (logIn !== null) return { auth: auth.logIn(logIn[1]!, body) }
    const token = request.headers['x-vault-token'] as string | undefined
    auth.check(token)
    const self = /^auth\/token\/([a-z-]+-self)$/.exec(path)
    if (self !== null) return auth.handleSelf(self[1]!, token!)
    const url = new URL(`http://fake/${path}`)
    const namespace = request.headers['x-vault-namespace'] as string | undefined
    const full = `${namespace === undefined ? '' : `${namespace}/`}${url.pathname.slice(1)}`
    const mount = [...engines.keys()].find(each => full.startsWith(`${each}/`))
    if (mount === undefined) throw new Refused(404, `no handler for route "${path}". route entry not found.`)
    const rest = full
      .slice(mount.length + 1)
      .split('/')
      .map(decodeURIComponent)
    return { data: engines.get(mount)!.handle(request.method!, rest, url.searchParams, body) }
  }

  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const fake: FakeVault = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    auth,
    engines,
    transit,
    requests,
    lastHeaders: {},
    connections: () => sockets.size,
    inject: (operations, effect, count = Number.POSITIVE_INFINITY) => {
      const fault = { operations, effect, count }
      faults.add(fault)
      return () => void faults.delete(fault)
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return fake
}

export function reply(
  response: ServerResponse,
  { status, body }: Answer,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

function operationOf(method: string, path: string): Operation | undefined {
  if (/^auth\/.+\/login$/.test(path)) return 'log-in'
  if (path.startsWith('auth/token/')) return 'token'
  if (/\/sign\//.test(path)) return 'sign'
  if (/\/keys\/?(?:\?|$)/.test(path)) return 'list'
  if (!/\/keys\//.test(path)) return undefined
  return method === 'GET' ? 'open' : 'create'
}
