import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What App Service gives its programs: a place on this machine that answers with tokens. */
export async function managedIdentity(token: string) {
  const asked: (string | null)[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://identity')
    const isKnown = request.headers['x-identity-header'] === 'canary-identity-header'
    asked.push(url.searchParams.get('resource'))
    const reply = { access_token: token, expires_on: String(Math.floor(Date.now() / 1000) + 3600) }
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...reply, resource: 'https://vault.azure.net', token_type: 'Bearer' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    env: {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`,
      IDENTITY_HEADER: 'canary-identity-header',
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
    },
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
