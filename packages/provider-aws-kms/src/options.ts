import { SealwrightError } from '@sealwright/core'
import type { ProxyEnv } from '@sealwright/core/adapter'
import type { AwsKmsClient } from './client.ts'
import { assertLoopback } from './transport.ts'

/** Credentials as the SDK takes them. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** Credentials, or a provider of them, such as one of `@aws-sdk/credential-providers`. */
export type AwsCredentialSource = AwsCredentials | (() => Promise<AwsCredentials>)

/** What is left out is found as the AWS SDK finds it: variables, shared configuration, the machine's role. */
export interface AwsKmsOptions {
  /** A ready `KMSClient`, which stays its owner's: its retries, its region, its connections. Excludes all else. */
  readonly client?: AwsKmsClient | undefined
  /** Of references that name none. */
  readonly region?: string | undefined
  /** In place of AWS's own, or of `AWS_ENDPOINT_URL_KMS`: a VPC endpoint, an emulator. */
  readonly endpoint?: string | undefined
  /** Lets requests go to other machines than this one without TLS, session tokens in them. */
  readonly allowPlainHttp?: boolean | undefined
  /** Of the shared configuration. */
  readonly profile?: string | undefined
  readonly credentials?: AwsCredentialSource | undefined
  /** Uses the FIPS 140 endpoints. */
  readonly fips?: boolean | undefined
  /** Uses the endpoints with IPv6. */
  readonly dualStack?: boolean | undefined
  /** Variables that say which proxy leads where, such as `process.env`: `HTTPS_PROXY`, `NO_PROXY`. Default none. */
  readonly proxyEnv?: ProxyEnv | undefined
}

/** @throws {@link SealwrightError} `VALIDATION` for invalid options, and for options that would be ignored. */
export function assertOptions({ client, ...rest }: AwsKmsOptions): void {
  const [given] = Object.entries(rest).filter(([, value]) => value !== undefined)
  if (client !== undefined && given !== undefined) {
    throw new SealwrightError('VALIDATION', `with a ready client, ${given[0]} cannot be given`, {
      fix: 'configure the client, or leave it out',
    })
  }
  const { endpoint, allowPlainHttp = false, fips, dualStack } = rest
  if (endpoint === undefined) return
  assertEndpoint(endpoint, allowPlainHttp)
  if (fips || dualStack) {
    throw new SealwrightError('VALIDATION', 'an endpoint excludes fips and dualStack', {
      fix: 'give the endpoint that is meant, alone',
    })
  }
}

function assertEndpoint(endpoint: string, allowPlainHttp: boolean): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  const isPlain = url?.protocol === 'http:'
  const isUsable =
    (isPlain || url?.protocol === 'https:') && url.username + url.password + url.search + url.hash === ''
  if (url === undefined || !isUsable) {
    throw new SealwrightError('VALIDATION', 'the endpoint of AWS KMS is not a URL of http or https', {
      fix: 'write https://HOST[:PORT], without user, query and fragment',
    })
  }
  if (isPlain && !allowPlainHttp) assertLoopback(url)
}
