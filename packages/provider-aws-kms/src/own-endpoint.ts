import type { AwsKmsClient } from './client.ts'

interface Configuration {
  readonly isCustomEndpoint?: boolean
  readonly ignoreConfiguredEndpointUrls?: boolean
  readonly endpoint?: () => Promise<
    { readonly protocol: string; readonly hostname: string; readonly port?: number } | undefined
  >
  /** What the SDK reads from `AWS_ENDPOINT_URL_KMS`, `AWS_ENDPOINT_URL` and the shared configuration. */
  readonly serviceConfiguredEndpoint?: () => Promise<string | undefined>
}

/** The origin that was configured in place of AWS's own, by option, variable or configuration file. */
export async function ownEndpoint(client: AwsKmsClient): Promise<string | undefined> {
  const config = client.config as Configuration
  if (config.isCustomEndpoint) {
    const found = await config.endpoint?.()
    return found && `${found.protocol}//${found.hostname}${found.port === undefined ? '' : `:${found.port}`}`
  }
  if (config.ignoreConfiguredEndpointUrls) return undefined
  const url = await config.serviceConfiguredEndpoint?.()
  return url === undefined ? undefined : new URL(url).origin
}
