import type { ProxyEnv } from '@sealwright/core/adapter'
import { anonymous, type GcpAuthClient } from './auth-client.ts'
import type { GcpKmsClient } from './client.ts'
import { credentialFailure } from './credential-failure.ts'
import { assertEnvironment, assertProxy } from './environment.ts'
import { type RestRequest, type RestTransport, restTransport } from './rest-transport.ts'

/** How the client is made; with a ready client there is nothing to choose. */
export interface ClientOptions {
  /** A `KeyManagementServiceClient`. It stays open when the provider is disposed of. */
  readonly client?: GcpKmsClient | undefined
  /** `grpc`, the default, or `rest` where HTTP/2 does not get through. Never changed by itself. */
  readonly transport?: 'grpc' | 'rest' | undefined
  /** Origin in place of Google's: a regional or private endpoint, or an emulator. */
  readonly endpoint?: string | undefined
  readonly allowPlainHttp?: boolean | undefined
  /** In place of the credentials that the SDK finds: any client of google-auth-library. */
  readonly authClient?: GcpAuthClient | undefined
  /** Of Google's sovereign clouds; default is what GOOGLE_CLOUD_UNIVERSE_DOMAIN says, else `googleapis.com`. */
  readonly universeDomain?: string | undefined
  /**
   * Variables that lead REST through a proxy, such as `process.env`: `HTTPS_PROXY`, `NO_PROXY`. Without them it goes by none;
   * gRPC reads those of the process itself.
   */
  readonly proxyEnv?: ProxyEnv | undefined
}

export interface MadeClient {
  readonly client: GcpKmsClient
  readonly timeoutMs?: number | undefined
  readonly headers?: (() => Promise<Record<string, string>>) | undefined
  close(): void
}

/** `GoogleAuth` of google-auth-library. */
interface Auth {
  getClient(): Promise<GcpAuthClient>
  fetch: unknown
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
  // The SDK is built on it and does not export it.
  const { GoogleAuth, grpc } = await import('google-gax')
  const url = endpoint === undefined ? undefined : new URL(endpoint)
  const isPlain = url?.protocol === 'http:'
  // Whatever credentials this machine has are not for an emulator.
  const authClient = options.authClient ?? (isPlain ? anonymous() : undefined)
  if (authClient === undefined) await assertEnvironment()
  const common = {
    // Names say the project. Without this the SDK looks for one, and asks Cloud Resource Manager for it.
    projectId: '-',
    ...(universeDomain && { universeDomain }),
    ...(url === undefined ? {} : { apiEndpoint: url.hostname, port: portOf(url) }),
    ...(authClient === undefined ? {} : { auth: new GoogleAuth({ authClient } as never) as never }),
  }
  if (transport === 'grpc') {
    const client = new KeyManagementServiceClient({
      ...common,
      // Attempts are the pipeline's. TXT records of the DNS have no say in how Cloud KMS is called.
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
      ...(isPlain ? { sslCreds: grpc.credentials.createInsecure() as never } : {}),
    } as never)
    // gRPC itself sends no credentials over a connection in the clear.
    const headers = isPlain ? () => headersOf(authClient!) : undefined
    return { client, close: () => {}, headers }
  }
  const rest = restTransport(proxyEnv)
  const protocol = isPlain ? { protocol: 'http' } : {}
  const client = new KeyManagementServiceClient({ ...common, ...protocol, fallback: true })
  sendThrough(client.auth as unknown as Auth, rest)
  // Infinite: the transport of the SDK would else start a timer for each call that nothing stops.
  return { client, timeoutMs: Number.POSITIVE_INFINITY, close: () => rest.close() }
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
      body,
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
