// The public declarations of @sealwright/provider-azure-key-vault. Written by `npm run api`; do not edit.
import type { KeyProvider } from '@sealwright/core'
import type { ProxyEnv } from '@sealwright/core/adapter'

/** An access token and when it ends, in milliseconds since 1970. */
export interface AzureAccessToken {
    readonly token: string;
    readonly expiresOnTimestamp: number;
    readonly refreshAfterTimestamp?: number | undefined;
}

/** A `TokenCredential` of the Azure SDK, such as those of `@azure/identity`. */
export interface AzureCredential {
    getToken(scopes: string | string[], options?: {
        readonly abortSignal?: AbortSignal | undefined;
        readonly tenantId?: string | undefined;
        readonly claims?: string | undefined;
        readonly enableCae?: boolean | undefined;
    }): Promise<AzureAccessToken | null>;
}

/** A ready `KeyClient` of `@azure/keyvault-keys`. */
export interface AzureKeyClient {
    readonly vaultUrl: string;
    getCryptographyClient(name: string, options?: {
        keyVersion?: string;
    }): object;
}

/** What is left out is found as the Azure SDK finds it. */
export interface AzureKeyVaultOptions {
    /** Default `DefaultAzureCredential` of `@azure/identity`: environment, workload identity, managed identity, Azure CLI. */
    readonly credential?: AzureCredential | undefined;
    /**
     * A ready client of one vault, which stays its owner's: its retries, its credential, its connections. With it there are
     * no certificates, and only its vault. Excludes all else but `hosts`.
     */
    readonly client?: AzureKeyClient | undefined;
    /**
     * Hosts that tokens may be sent to besides Azure's own: `kv.example`, `kv.example:8443`, or a whole domain, `.example`.
     */
    readonly hosts?: readonly string[] | undefined;
    /** The https origin that is asked in place of the hosts in references: an emulator. */
    readonly endpoint?: string | undefined;
    /** Certificates, as PEM, that servers may have besides those that Node.js trusts. */
    readonly ca?: string | readonly string[] | undefined;
    /** Lets a server ask for tokens that are not for its own domain. For emulators only. */
    readonly disableChallengeResourceVerification?: boolean | undefined;
    /** Variables that say which proxy leads where, such as `process.env`: `HTTPS_PROXY`, `NO_PROXY`. Default none. */
    readonly proxyEnv?: ProxyEnv | undefined;
}

/**
 * Azure Key Vault and Managed HSM as a key store. References are `azurekms://HOST/NAME[/VERSION]`.
 *
 * The credential is found as the Azure SDK finds it where options do not say otherwise. The provider makes clients for each
 * vault, and disposing of it closes their connections, except those of a client that you passed.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options, and for options that would be ignored.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { azureKeyVault } from '@sealwright/provider-azure-key-vault'
 *
 * const signer = await openSigner(azureKeyVault(), 'azurekms://acme.vault.azure.net/release', { algorithm: 'ES256' })
 * ```
 */
export function azureKeyVault(options?: AzureKeyVaultOptions): KeyProvider & AsyncDisposable;
