import { SealwrightError } from '@sealwright/core'
import type { ProxyEnv } from '@sealwright/core/adapter'

/** An access token and when it ends, in milliseconds since 1970. */
export interface AzureAccessToken {
  readonly token: string
  readonly expiresOnTimestamp: number
  readonly refreshAfterTimestamp?: number | undefined
}

/** A `TokenCredential` of the Azure SDK, such as those of `@azure/identity`. */
export interface AzureCredential {
  getToken(
    scopes: string | string[],
    options?: {
      readonly abortSignal?: AbortSignal | undefined
      readonly tenantId?: string | undefined
      readonly claims?: string | undefined
      readonly enableCae?: boolean | undefined
    },
  ): Promise<AzureAccessToken | null>
}

/** A ready `KeyClient` of `@azure/keyvault-keys`. */
export interface AzureKeyClient {
  readonly vaultUrl: string
  getCryptographyClient(name: string, options?: { keyVersion?: string }): object
}

/** What is left out is found as the Azure SDK finds it. */
export interface AzureKeyVaultOptions {
  /** Default `DefaultAzureCredential` of `@azure/identity`: environment, workload identity, managed identity, Azure CLI. */
  readonly credential?: AzureCredential | undefined
  /**
   * A ready client of one vault, which stays its owner's: its retries, its credential, its connections. With it there are
   * no certificates, and only its vault. Excludes all else but `hosts`.
   */
  readonly client?: AzureKeyClient | undefined
  /**
   * Hosts that tokens may be sent to besides Azure's own: `kv.example`, `kv.example:8443`, or a whole domain, `.example`.
   */
  readonly hosts?: readonly string[] | undefined
  /** The https origin that is asked in place of the hosts in references: an emulator. */
  readonly endpoint?: string | undefined
  /** Certificates, as PEM, that servers may have besides those that Node.js trusts. */
  readonly ca?: string | readonly string[] | undefined
  /** Lets a server ask for tokens that are not for its own domain. For emulators only. */
  readonly disableChallengeResourceVerification?: boolean | undefined
  /** Variables that say which proxy leads where, such as `process.env`: `HTTPS_PROXY`, `NO_PROXY`. Default none. */
  readonly proxyEnv?: ProxyEnv | undefined
}

/** @throws {@link SealwrightError} `VALIDATION` for invalid options, and for options that would be ignored. */
export function assertOptions({ client, hosts = [], ...rest }: AzureKeyVaultOptions): void {
  const [given] = Object.entries(rest).filter(([, value]) => value !== undefined)
  if (client !== undefined && given !== undefined) {
    throw new SealwrightError('VALIDATION', `with a ready client, ${given[0]} cannot be given`, {
      fix: 'configure the client, or leave it out',
    })
  }
  for (const host of hosts) {
    if (!/^\.?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[1-9][0-9]{0,4})?$/.test(host)) {
      throw new SealwrightError('VALIDATION', 'an allowed host is not a host in lower case', {
        fix: 'write kv.example, kv.example:8443, or .example for all hosts directly below it',
      })
    }
  }
  const { endpoint, disableChallengeResourceVerification = false } = rest
  if (endpoint !== undefined) originOf(endpoint)
  if (disableChallengeResourceVerification && endpoint === undefined && hosts.length === 0) {
    throw new SealwrightError('VALIDATION', 'tokens for other domains are not sent to vaults of Azure', {
      why: 'disableChallengeResourceVerification is for emulators',
      fix: 'give the endpoint of the emulator, or leave the option out',
    })
  }
}

/** The origin of an endpoint. */
export function originOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url?.protocol !== 'https:' || url.href !== `${url.origin}/`) {
    throw new SealwrightError('VALIDATION', 'the endpoint of Azure Key Vault is not an https origin', {
      why: 'tokens are sent over TLS only',
      fix: 'write https://HOST[:PORT], without user, path, query and fragment',
    })
  }
  return url.origin
}
