import { randomUUID, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type CryptoKey, importPKCS8, SignJWT } from 'jose'
import { loopbackCertificate } from './loopback-certificate.ts'
import { BASIC_USER } from './registries.ts'
import { scratch } from './scratch.ts'

export interface TokenServer extends AsyncDisposable {
  /** Named `localhost`: clients refuse a realm on another host than the registry's, or on a bare loopback address. */
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** PEM file of the certificate that each token brings along; registries of every age know it so. */
  readonly certificatePath: string
  /** The scopes that were asked for, in order. */
  readonly scopes: readonly string[]
}

const SERVICE = 'sealwright-test-registry'
const ISSUER = 'sealwright-test-issuer'

/** A token server of the distribution specification: it knows one user and lets that user do what is asked. */
export async function startTokenServer(): Promise<TokenServer> {
  const { cert, key, path } = await loopbackCertificate(await scratch('tokens'))
  const privateKey = await importPKCS8(key, 'ES256')
  const x5c = [new X509Certificate(cert).raw.toString('base64')]
  const scopes: string[] = []
  const server = createServer((request, response) => {
    answer(request, response, { privateKey, x5c }, scopes).catch(error =>
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
    certificatePath: path,
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
  { privateKey, x5c }: { readonly privateKey: CryptoKey; readonly x5c: string[] },
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
    .setProtectedHeader({ alg: 'ES256', x5c, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(username)
    .setAudience(SERVICE)
    .setJti(randomUUID())
    .setIssuedAt()
    .setNotBefore('-10s')
    .setExpirationTime('60s')
    .sign(privateKey)
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }))
}
