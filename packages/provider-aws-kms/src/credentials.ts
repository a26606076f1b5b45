import type { STSClientConfig } from '@aws-sdk/client-sts'
import { type Call, SealwrightError } from '@sealwright/core'
import type { AwsKmsClient } from './client.ts'

const GIVEN = 'given by the program'

/** The SDK's marks of where credentials come from, the most telling first; a source may leave several. */
const SOURCES: readonly (readonly [mark: string, source: string])[] = [
  ['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN', 'web identity (AWS_WEB_IDENTITY_TOKEN_FILE)'],
  ['CREDENTIALS_PROFILE_STS_WEB_ID_TOKEN', 'web identity of a profile'],
  ['CREDENTIALS_STS_ASSUME_ROLE_WEB_ID', 'web identity'],
  ['CREDENTIALS_HTTP', 'container'],
  ['CREDENTIALS_ENV_VARS', 'environment (AWS_ACCESS_KEY_ID)'],
  ['CREDENTIALS_PROFILE_LOGIN', 'log-in of a profile'],
  ['CREDENTIALS_LOGIN', 'log-in'],
  ['CREDENTIALS_PROFILE_SSO', 'single sign-on of a profile'],
  ['CREDENTIALS_PROFILE_SSO_LEGACY', 'single sign-on of a profile'],
  ['CREDENTIALS_SSO', 'single sign-on'],
  ['CREDENTIALS_SSO_LEGACY', 'single sign-on'],
  ['CREDENTIALS_PROFILE_PROCESS', 'program of a profile'],
  ['CREDENTIALS_PROCESS', 'program'],
  ['CREDENTIALS_STS_ASSUME_ROLE', 'assumed role'],
  ['CREDENTIALS_PROFILE_SOURCE_PROFILE', 'assumed role of a profile'],
  ['CREDENTIALS_PROFILE_NAMED_PROVIDER', 'assumed role of a profile'],
  ['CREDENTIALS_PROFILE', 'profile'],
  ['CREDENTIALS_CODE', GIVEN],
]

interface Resolved {
  readonly accessKeyId: string
  readonly $source?: Readonly<Record<string, string>>
}

/**
 * Where the credentials come from, whose they are, and which endpoint is asked if it is not that of AWS.
 *
 * @param areGiven - They are an option's: the SDK does not mark those of a function.
 */
export async function identify(
  client: AwsKmsClient,
  region: string,
  call: Call,
  areGiven: boolean,
): Promise<{ readonly source: string; readonly identity: string }> {
  const resolved = (await client.config.credentials()) as Resolved
  call.signal.throwIfAborted()
  const endpoint = await ownEndpoint(client)
  const source = sourceOf(resolved, areGiven) + (endpoint === undefined ? '' : `, asking ${endpoint}`)
  const identity = await callerIdentity(client, region, call)
  return { source, identity: identity ?? `access key …${resolved.accessKeyId.slice(-4)}` }
}

function sourceOf({ $source = {} }: Resolved, areGiven: boolean): string {
  const marked = SOURCES.find(([mark]) => Object.hasOwn($source, mark))?.[1]
  return marked ?? (areGiven ? GIVEN : 'a source that the SDK does not name, such as instance metadata')
}

/** How long STS may take: a network that lets only KMS through must not hold up the answer. */
const TIMEOUT_MS = 3000

/** Only an ARN is shown. */
const ARN = /^arn:aws[-a-z]*:[\w+=,.@:/-]{1,2048}$/

/**
 * Returns the ARN of the identity that the credentials belong to, from `sts:GetCallerIdentity`. Returns `undefined` if an
 * endpoint is configured for KMS (the credentials were given for it and no other), and if STS is out of reach.
 *
 * @throws {@link SealwrightError} `UNAUTHENTICATED` when STS rejects the credentials.
 */
async function callerIdentity(
  client: AwsKmsClient,
  region: string,
  { signal }: Call,
): Promise<string | undefined> {
  if ((await ownEndpoint(client)) !== undefined) return undefined
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
  // The connections are those of the KMS client, and are closed with it.
  const { credentials, requestHandler, logger, useFipsEndpoint, useDualstackEndpoint } =
    client.config as STSClientConfig
  const shared = { credentials, requestHandler, logger, useFipsEndpoint, useDualstackEndpoint }
  const sts = new STSClient({ ...shared, region, maxAttempts: 1 } as STSClientConfig)
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const { Arn = '' } = await sts.send(new GetCallerIdentityCommand(), { abortSignal })
    return ARN.test(Arn) ? Arn : undefined
  } catch (error) {
    signal.throwIfAborted()
    const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } }
    const status = $metadata?.httpStatusCode
    if (status !== 401 && status !== 403) return undefined
    throw new SealwrightError('UNAUTHENTICATED', 'AWS rejects the credentials', {
      why: 'STS does not recognize them: they have expired, or are wrong',
      fix: 'log in again, or give the job or machine a role',
    })
  }
}

interface Configuration {
  readonly isCustomEndpoint?: boolean | undefined
  readonly ignoreConfiguredEndpointUrls?: boolean | undefined
  readonly endpoint?:
    | (() => Promise<
        { readonly protocol: string; readonly hostname: string; readonly port?: number } | undefined
      >)
    | undefined
  /** What the SDK reads from `AWS_ENDPOINT_URL_KMS`, `AWS_ENDPOINT_URL` and the shared configuration. */
  readonly serviceConfiguredEndpoint?: () => Promise<string | undefined>
}

/** The origin that was configured in place of AWS's own, by option, variable or configuration file. */
async function ownEndpoint(client: AwsKmsClient): Promise<string | undefined> {
  const config = client.config as Configuration
  if (config.isCustomEndpoint) {
    const found = await config.endpoint?.()
    return found && `${found.protocol}//${found.hostname}${found.port === undefined ? '' : `:${found.port}`}`
  }
  if (config.ignoreConfiguredEndpointUrls) return undefined
  const url = await config.serviceConfiguredEndpoint?.()
  return url === undefined ? undefined : new URL(url).origin
}
