import { createRequire } from 'node:module'
import { anonymous, type GcpAuthClient } from './auth-client.ts'
import type { GcpKmsClient } from './client.ts'
import type { ClientOptions } from './connection.ts'
import { credentialFailure } from './credential-failure.ts'
import { assertEnvironment, assertProxy } from './environment.ts'
import { type RestRequest, type RestTransport, restTransport } from './rest-transport.ts'

export interface MadeClient {
  readonly client: GcpKmsClient
  readonly timeoutMs?: number
  headers?(): Promise<Record<string, string>>
  close(): void
}

/** `GoogleAuth` of google-auth-library. */
interface Auth {
  getClient(): Promise<GcpAuthClient>
  fetch: unknown
}

/** What is needed of google-gax, which the SDK stands on and does not hand out. */
interface Gax {
  readonly GoogleAuth: new (options: { readonly authClient: GcpAuthClient }) => Auth
  readonly grpc: { readonly credentials: { createInsecure(): unknown } }
}

/**
 * A client of the SDK. Its REST transport is replaced by ours: the SDK's follows redirects, shares its connections with
 * all clients for ever, and holds a timer and the request in memory for as long as a call might have taken.
 */
export async function makeClient(options: ClientOptions): Promise<MadeClient> {
  const { transport = 'grpc', endpoint, universeDomain, proxyEnv } = options
  if (proxyEnv !== undefined)
    assertProxy(new URL(endpoint ?? 'https://cloudkms.googleapis.com'), proxyEnv, transport)
  // The SDK takes about half a second to load: only who opens a key pays for it.
  const { KeyManagementServiceClient } = await import('@google-cloud/kms')
  const url = endpoint === undefined ? undefined : new URL(endpoint)
  const isPlain = url?.protocol === 'http:'
  // Whatever credentials this machine has are not for an emulator.
  const authClient = options.authClient ?? (isPlain ? anonymous() : undefined)
  if (authClient === undefined) await assertEnvironment()
  const common = {
    // Names say the project. Without this the SDK looks for one, and asks Cloud Resource Manager for it.
    projectId: '-',
    ...(universeDomain === undefined ? {} : { universeDomain }),
    ...(url === undefined ? {} : { apiEndpoint: url.hostname, port: portOf(url) }),
    ...(authClient === undefined ? {} : { auth: new (gax().GoogleAuth)({ authClient }) as never }),
  }
  if (transport === 'grpc') {
    const client = new KeyManagementServiceClient({
      ...common,
      // Attempts are the pipeline's. TXT records of the DNS have no say in how Cloud KMS is called.
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
      ...(isPlain ? { sslCreds: gax().grpc.credentials.createInsecure() as never } : {}),
    } as never)
    // gRPC itself sends no credentials over a connection in the clear.
    const headers = isPlain ? () => headersOf(authClient!) : undefined
    return { client, close: () => {}, ...(headers === undefined ? {} : { headers }) }
  }
  const rest = restTransport(proxyEnv)
  const protocol = isPlain ? { protocol: 'http' } : {}
  const client = new KeyManagementServiceClient({ ...common, ...protocol, fallback: true })
  sendThrough(client.auth as unknown as Auth, rest)
  // Infinite: the transport of the SDK would else start a timer for each call that nothing stops.
  return { client, timeoutMs: Number.POSITIVE_INFINITY, close: () => rest.close() }
}

function gax(): Gax {
  const require = createRequire(import.meta.url)
  return createRequire(require.resolve('@google-cloud/kms'))('google-gax') as Gax
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'http:' ? 80 : 443
}

/** The SDK sends its REST requests by the `fetch` of what holds the credentials. */
function sendThrough(auth: Auth, rest: RestTransport): void {
  auth.fetch = async (url: string, init: Omit<RestRequest, 'headers'> & { readonly headers: Headers }) => {
    const headers = await headersOf(await auth.getClient(), url)
    // The SDK makes '' of a message without members, and sends that as JSON: Google wants an object.
    const body = init.body === '""' ? '{}' : init.body
    return rest.send(url, {
      ...init,
      ...(body === undefined ? {} : { body }),
      headers: { ...Object.fromEntries(init.headers), ...headers },
    })
  }
}

async function headersOf(authClient: GcpAuthClient, url?: string): Promise<Record<string, string>> {
  try {
    return Object.fromEntries(await authClient.getRequestHeaders(url))
  } catch (error) {
    throw credentialFailure(error)
  }
}
