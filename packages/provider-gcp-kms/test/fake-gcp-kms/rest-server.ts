import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import { exchange, type Outcome, type Store } from './exchange.ts'
import { type Listening, listening, type Tls } from './listening.ts'
import { type Detail, Refused } from './refused.ts'
import { fromJson, toJson } from './rest-json.ts'
import type { Message, Method } from './semantics.ts'

/** How codes of gRPC are called, and with which status of HTTP they go. */
const STATUSES: Readonly<Record<number, readonly [status: number, name: string]>> = {
  3: [400, 'INVALID_ARGUMENT'],
  4: [504, 'DEADLINE_EXCEEDED'],
  5: [404, 'NOT_FOUND'],
  6: [409, 'ALREADY_EXISTS'],
  7: [403, 'PERMISSION_DENIED'],
  8: [429, 'RESOURCE_EXHAUSTED'],
  9: [400, 'FAILED_PRECONDITION'],
  12: [501, 'UNIMPLEMENTED'],
  13: [500, 'INTERNAL'],
  14: [503, 'UNAVAILABLE'],
  16: [401, 'UNAUTHENTICATED'],
}

interface Route {
  readonly verb: string
  readonly path: RegExp
  readonly method: Method
}

const RING = 'projects/[^/]+/locations/[^/]+/keyRings/[^/]+'
const route = (verb: string, path: string, method: Method): Route => ({
  verb,
  path: new RegExp(`^/v1/${path}$`),
  method,
})

const ROUTES: readonly Route[] = [
  route(
    'POST',
    `(?<name>${RING}/cryptoKeys/[^/]+/cryptoKeyVersions/[^/:]+):asymmetricSign`,
    'AsymmetricSign',
  ),
  route('GET', `(?<name>${RING}/cryptoKeys/[^/]+/cryptoKeyVersions/[^/]+)/publicKey`, 'GetPublicKey'),
  route('GET', `(?<name>${RING}/cryptoKeys/[^/]+/cryptoKeyVersions/[^/]+)`, 'GetCryptoKeyVersion'),
  route('GET', `(?<parent>${RING}/cryptoKeys/[^/]+)/cryptoKeyVersions`, 'ListCryptoKeyVersions'),
  route('POST', `(?<parent>${RING}/cryptoKeys/[^/]+)/cryptoKeyVersions`, 'CreateCryptoKeyVersion'),
  route('GET', `(?<name>${RING}/cryptoKeys/[^/]+)`, 'GetCryptoKey'),
  route('GET', `(?<parent>${RING})/cryptoKeys`, 'ListCryptoKeys'),
  route('POST', `(?<parent>${RING})/cryptoKeys`, 'CreateCryptoKey'),
  route('GET', '(?<parent>projects/[^/]+/locations/[^/]+)/keyRings', 'ListKeyRings'),
]

/** Which member of a request its body is; the whole message without one. */
const BODIES: Readonly<Partial<Record<Method, string>>> = {
  CreateCryptoKey: 'cryptoKey',
  CreateCryptoKeyVersion: 'cryptoKeyVersion',
}

/** JSON over HTTP/1.1. */
export async function restServer(store: Store, tls?: Tls): Promise<Listening> {
  const sockets = new Set<Socket>()
  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    respond(store, incoming, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { code: 500, status: 'INTERNAL', message: `fake: ${error}` } }))
    })
  }
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return listening(
    server,
    () => sockets.size,
    () => server.closeAllConnections(),
    tls,
  )
}

async function respond(store: Store, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const url = new URL(incoming.url!, 'http://fake')
  const path = decodeURIComponent(url.pathname)
  if (path === '/token') return exchangeToken(store, Buffer.concat(chunks).toString(), response)
  const found = ROUTES.find(each => each.verb === incoming.method && each.path.test(path))
  if (found === undefined) throw new Error(`no ${incoming.method} ${path}`)
  const { method } = found
  if (url.searchParams.get('$alt') !== 'json;enum-encoding=int') throw new Error('enumerators as numbers')
  const body: unknown = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())
  if (!isMessage(body))
    return refuse(response, new Refused(3, 'Invalid JSON payload: Root element must be a message.'))
  const query = Object.fromEntries([...url.searchParams].filter(([name]) => name !== '$alt'))
  const member = BODIES[method]
  const request = fromJson({
    ...query,
    ...(member === undefined ? body : { [member]: body }),
    ...found.path.exec(path)!.groups,
  })
  write(response, await exchange(store, method, incoming.headers.authorization, request))
}

function isMessage(body: unknown): body is Message {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
}

/** Security Token Service: an OIDC token of the job for an access token (RFC 8693). */
function exchangeToken(store: Store, body: string, response: ServerResponse): void {
  store.exchanged.push(new URLSearchParams(body).get('subject_token'))
  const granted = {
    access_token: store.token,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3600,
  }
  const isRefused = store.exchanged.at(-1)?.includes('refused')
  response.writeHead(isRefused ? 400 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(isRefused ? { error: 'invalid_grant' } : granted))
}

function write(response: ServerResponse, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'hang':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'html':
      response.writeHead(500, { 'content-type': 'text/html' }).end('<html>server error</html>')
      return
    case 'redirect':
      response.writeHead(307, { location: outcome.to }).end()
      return
    case 'refused':
      refuse(response, outcome.refused)
      return
    case 'reply': {
      const text = JSON.stringify(toJson(outcome.message))
      response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' })
      response.end(outcome.isCut ? text.slice(0, -5) : text)
    }
  }
}

function refuse(response: ServerResponse, { code, message, details }: Refused): void {
  const [status, name] = STATUSES[code]!
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  const error = { code: status, message, status: name, details: details.map(detailJson) }
  response.end(JSON.stringify({ error }))
}

function detailJson({ type, ...fields }: Detail): object {
  const members = 'seconds' in fields ? { retryDelay: `${fields.seconds}s` } : fields
  return { '@type': `type.googleapis.com/google.rpc.${type}`, ...members }
}
