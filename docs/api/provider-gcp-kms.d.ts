// The public declarations of @sealwright/provider-gcp-kms. Written by `npm run api`; do not edit.
import type { KeyProvider } from '@sealwright/core'
import type { ProxyEnv } from '@sealwright/core/adapter'

/** What is needed of an `AuthClient` of google-auth-library: `IdentityPoolClient`, `Impersonated`, `Compute`, … */
export interface GcpAuthClient {
    /** `authorization`, and `x-goog-user-project` where another project pays. */
    getRequestHeaders(url?: string | URL): Promise<Headers>;
    readonly universeDomain?: string | undefined;
}

/** What is needed of a `KeyManagementServiceClient` of `@google-cloud/kms`. */
export interface GcpKmsClient {
    initialize(): Promise<object>;
    readonly auth: object;
    readonly asymmetricSign: Unary;
    readonly getPublicKey: Unary;
    readonly getCryptoKey: Unary;
    readonly getCryptoKeyVersion: Unary;
    readonly createCryptoKey: Unary;
    readonly createCryptoKeyVersion: Unary;
    readonly listKeyRings: Unary;
    readonly listCryptoKeys: Unary;
    readonly listCryptoKeyVersions: Unary;
}

export interface GcpKmsOptions extends ClientOptions {
}

/**
 * Google Cloud KMS as a key store. References are
 * `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N`; without a version the one with the
 * highest number that is enabled is opened, and pinned.
 *
 * Credentials are found as Google's SDK finds them (Application Default Credentials), where options do not say otherwise.
 * Disposing of the provider ends the calls in progress and closes its connections; a client that it was given it leaves
 * open.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options, and for options that would be ignored.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { gcpKms } from '@sealwright/provider-gcp-kms'
 *
 * const key = 'gcpkms://projects/acme/locations/europe-west3/keyRings/release/cryptoKeys/app'
 * const signer = await openSigner(gcpKms(), key)
 * ```
 */
export function gcpKms(options?: GcpKmsOptions): KeyProvider;

// Named above, not exported:

/** How the client is made; with a ready client there is nothing to choose. */
interface ClientOptions {
    /** A `KeyManagementServiceClient`. It stays open when the provider is disposed of. */
    readonly client?: GcpKmsClient | undefined;
    /** `grpc`, the default, or `rest` where HTTP/2 does not get through. Never changed by itself. */
    readonly transport?: 'grpc' | 'rest' | undefined;
    /** Origin in place of Google's: a regional or private endpoint, or an emulator. */
    readonly endpoint?: string | undefined;
    readonly allowPlainHttp?: boolean | undefined;
    /** In place of the credentials that the SDK finds: any client of google-auth-library. */
    readonly authClient?: GcpAuthClient | undefined;
    /** Of Google's sovereign clouds; default is what GOOGLE_CLOUD_UNIVERSE_DOMAIN says, else `googleapis.com`. */
    readonly universeDomain?: string | undefined;
    /**
     * Variables that lead REST through a proxy, such as `process.env`: `HTTPS_PROXY`, `NO_PROXY`. Without them it goes by none;
     * gRPC reads those of the process itself.
     */
    readonly proxyEnv?: ProxyEnv | undefined;
}

type Unary = (request: never, options: never) => Promise<readonly [unknown, unknown, unknown]>;
