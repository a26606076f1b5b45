import type { Call } from '@sealwright/core'
import type { Kms } from './client.ts'
import { credentialFailure } from './credential-failure.ts'

/** The classes of google-auth-library, by name: it may be there in several copies. */
const SOURCES: Readonly<Record<string, string>> = {
  IdentityPoolClient: 'workload identity federation',
  AwsClient: 'workload identity federation (AWS)',
  PluggableAuthClient: 'workload identity federation (program)',
  ExternalAccountAuthorizedUserClient: 'workforce identity federation',
  Impersonated: 'impersonated service account',
  Compute: 'service account of the machine (metadata server)',
  JWT: 'key of a service account',
  UserRefreshClient: 'log-in of gcloud',
  GdchClient: 'service account of Distributed Cloud',
}

/** How long Google may take to say whose a token is: a network that lets only Cloud KMS through must not hold up. */
const PATIENCE_MS = 3000

interface AuthClient {
  getRequestHeaders(): Promise<Headers>
  readonly email?: string | undefined
  getServiceAccountEmail?(): string | null
  getTargetPrincipal?(): string
  getAccessToken?(): Promise<{ readonly token?: string | null }>
  getTokenInfo?(token: string): Promise<{ readonly email?: string | undefined }>
}

interface Auth {
  getClient?(): Promise<AuthClient>
  getCredentials?(): Promise<{ readonly client_email?: string | undefined }>
}

/**
 * Where the credentials come from, whose they are if that can be told, and which endpoint is asked if it is not Google's.
 *
 * @throws {@link SealwrightError} `UNAUTHENTICATED` when no token is given for them.
 */
export async function identify(
  kms: Kms,
  endpoint: string | undefined,
  { signal }: Call,
): Promise<{ readonly source: string; readonly identity?: string | undefined }> {
  const auth = kms.client.auth as Auth
  const client = await tokenHolder(auth)
  signal.throwIfAborted()
  const name = client?.constructor.name ?? ''
  const source = Object.hasOwn(SOURCES, name) ? SOURCES[name]! : 'given by the program'
  const identity = client && (await soon(emailOf(auth, client, name)))
  signal.throwIfAborted()
  return {
    source: source + (endpoint === undefined ? '' : `, asking ${new URL(endpoint).origin}`),
    ...(identity ? { identity } : {}),
  }
}

/** A client whose token could be had: that is all that shows that credentials work before Cloud KMS is asked. */
async function tokenHolder(auth: Auth): Promise<AuthClient | undefined> {
  try {
    const client = await auth.getClient?.()
    await client?.getRequestHeaders()
    return client
  } catch (error) {
    throw credentialFailure(error)
  }
}

/** Of what the library gives, the address alone: beside it lies the private key. */
async function emailOf(auth: Auth, client: AuthClient, name: string): Promise<string | null | undefined> {
  const known = client.email ?? client.getServiceAccountEmail?.() ?? client.getTargetPrincipal?.()
  if (known) return known
  if (name === 'Compute') return (await auth.getCredentials?.())?.client_email
  if (name !== 'UserRefreshClient') return undefined
  const token = (await client.getAccessToken?.())?.token
  return token ? (await client.getTokenInfo?.(token))?.email : undefined
}

/** Waits briefly for the identity. Credentials whose owner is unknown are not a failure. */
async function soon(identity: Promise<string | null | undefined>): Promise<string | null | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
  try {
    return await Promise.race([identity, promise])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
