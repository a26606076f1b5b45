import type { Call } from '@sealwright/core'
import { callerIdentity } from './caller-identity.ts'
import type { AwsKmsClient } from './client.ts'
import { ownEndpoint } from './own-endpoint.ts'

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
