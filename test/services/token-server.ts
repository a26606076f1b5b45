import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type CryptoKey, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'
import { BASIC_USER } from './registries.ts'

export interface TokenServer extends AsyncDisposable {
  /** Named `localhost`: clients refuse a realm on another host than the registry's, or on a bare loopback address. */
  readonly realm: string
  readonly service: string
  readonly issuer: string
  readonly jwks: JSONWebKeySet
  /** The scopes that were asked for, in order. */
  readonly scopes: readonly string[]
}

const SERVICE = 'sealwright-test-registry'
const ISSUER = 'sealwright-test-issuer'

/** A token server of the distribution specification: it knows one user and lets that user do what is asked. */
export async function startTokenServer(): Promise<TokenServer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const kid = randomUUID()
  const scopes: string[] = []
  const server = createServer((request, response) => {
    answer(request, response, privateKey, kid, scopes).catch(error =>
      response.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    realm: `http://localhost:${address.port}/token`,
    service: SERVICE,
    issuer: ISSUER,
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }] },
    scopes,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  key: CryptoKey,
  kid: string,
  scopes: string[],
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const { username, password } = BASIC_USER
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  if (url.pathname !== '/token') return void response.writeHead(404).end()
  if (request.headers.authorization !== expected) return void response.writeHead(401).end('{"errors":[]}')
  const asked = url.searchParams.getAll('scope').flatMap(scope => scope.split(' '))
  scopes.push(...asked)
  const access = asked.map(scope => {
    const [type, name, actions = ''] = scope.split(':')
    return { type, name, actions: actions.split(',') }
  })
  const token = await new SignJWT({ access })
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(username)
    .setAudience(SERVICE)
    .setJti(randomUUID())
    .setIssuedAt()
    .setNotBefore('-10s')
    .setExpirationTime('60s')
    .sign(key)
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }))
}
