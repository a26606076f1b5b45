import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { type Server, startServer } from './server.ts'
import { need, onPath, type Skips } from './tool.ts'

export interface AzureKeyVaultEmulator extends AsyncDisposable {
  /** `https://127.0.0.1:<port>`, with a certificate under `ca`. */
  readonly origin: string
  /** What its ids of keys name, whatever it is asked by. */
  readonly host: string
  /** PEM. */
  readonly ca: string
  /** A token of an identity that may do everything; for another audience it is refused. */
  token(audience?: string): string
  /** A failure is an error with what the server said. */
  call(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>>
}

const TENANT = '11111111-2222-3333-4444-555555555555'
const HOST = 'emulator.vault.azure.net'

/** azure-keyvault-emulator, which no registry has: it is used where its program is on PATH. */
export async function startAzureKeyVault(context: Skips): Promise<AzureKeyVaultEmulator> {
  const command = need(context, await onPath('azure-keyvault-emulator'))
  const issuer = await startIssuer()
  const server = await startServer({
    name: 'azure-keyvault-emulator',
    command,
    args: (port, data) => ['-addr', `127.0.0.1:${port}`, '-data-dir', data],
    env: { ...process.env, KV_ENTRA_ISSUER: issuer.name, KV_ENTRA_JWKS_URL: issuer.jwksUrl },
    // It speaks TLS and answers plain HTTP with 400: it is there.
    ready: '/',
  })
  const ca = await readFile(join(server.data, 'tls', 'cert.pem'), 'utf8')
  return {
    origin: `https://127.0.0.1:${server.port}`,
    host: HOST,
    ca,
    token: issuer.token,
    call: (method, path, body) => callServer(server, ca, issuer.token(), method, path, body),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await issuer[Symbol.asyncDispose]()
    },
  }
}

interface Issuer extends AsyncDisposable {
  readonly name: string
  readonly jwksUrl: string
  token(audience?: string): string
}

/** What the emulator knows of Microsoft Entra ID: a set of keys. */
async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'RS256', use: 'sig' }
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  const name = `http://127.0.0.1:${port}/${TENANT}/v2.0`
  return {
    name,
    jwksUrl: `http://127.0.0.1:${port}/keys`,
    token: (audience = 'https://vault.azure.net') => tokenOf(privateKey, name, audience),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function tokenOf(key: KeyObject, issuer: string, audience: string): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    iss: issuer,
    aud: audience,
    tid: TENANT,
    oid: TENANT,
    iat: now,
    nbf: now - 10,
    exp: now + 3600,
  }
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: 'test' })}.${part(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

async function callServer(
  { port }: Server,
  ca: string,
  token: string,
  method: string,
  path: string,
  body: object = {},
): Promise<Readonly<Record<string, unknown>>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const url = `https://127.0.0.1:${port}${path}?api-version=7.4`
  const outgoing = request(url, { method, headers, ca }).end(
    method === 'GET' ? undefined : JSON.stringify(body),
  )
  const [response] = await once(outgoing, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  if (response.statusCode >= 300)
    throw new Error(`${method} ${path} ended with ${response.statusCode}: ${text}`)
  return text === '' ? {} : JSON.parse(text)
}
